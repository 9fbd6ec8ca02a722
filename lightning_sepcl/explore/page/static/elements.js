// Small pieces of the page: elements, players with a picture, rows of clips.

// element("p", {className: "soft"}, "text", other element)
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// A button and a spectrogram one can click into; follows the player until `signal` ends it.
export function track(player, signal, url, picture, name) {
  const button = playButton(player, signal, url, name);
  const line = element("i", { hidden: true });
  const image = element("img", { src: picture, alt: `spectrogram of ${name}`, loading: "lazy", draggable: false });
  const strip = element("div", { className: "strip" }, image, line);
  strip.addEventListener("click", (event) => {
    const box = strip.getBoundingClientRect();
    player.play(url, (event.clientX - box.left) / box.width);
  });
  player.addEventListener("change", () => {
    const share = player.share(url);
    line.hidden = share === 0;
    line.style.left = `${100 * share}%`;
  }, { signal });
  return [button, strip];
}

export function playButton(player, signal, url, name) {
  const button = element("button", { className: "play", type: "button" });
  const show = () => {
    const on = player.isOn(url);
    button.classList.toggle("on", on);
    button.setAttribute("aria-label", `${on ? "Pause" : "Play"} ${name}`);
  };
  show();
  button.addEventListener("click", () => player.toggle(url));
  player.addEventListener("change", show, { signal });
  return button;
}

export function seconds(value) {
  return value >= 60 ? `${Math.floor(value / 60)}:${(value % 60).toFixed(1).padStart(4, "0")}` : `${value.toFixed(1)} s`;
}
