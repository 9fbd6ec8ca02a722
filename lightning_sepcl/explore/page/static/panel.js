// The panel beside the map: the clip that was chosen or dropped, what sounds like it, and its channels.

import { dot } from "./colours.js";
import { element, playButton, seconds, track } from "./elements.js";

const MOST_MATCHES = 60;

export class Panel extends EventTarget {
  // Events: `choose` with a clip's number in `detail`, `point` with the number of the clip the pointer is over.
  constructor(section, matches, collection, player, ask) {
    super();
    Object.assign(this, { section, list: matches, collection, player, ask });
    this.shown = new AbortController();
    this.listed = new AbortController();
  }

  hints(examples) {
    const pairs = [["Click a point", "hear it, and see what sounds like it"], ["Drag, wheel", "move, zoom"]];
    if (examples) pairs.push(["Drop a file", "find what sounds like it"]);
    const keys = [["← ↑ → ↓", "go from clip to clip"], ["Space", "play, pause"], ["/", "filter"], ["+ − 0", "zoom"], ["Esc", "let go"]];
    const rows = [...pairs.map(([a, b]) => [a, b]), ...keys.map(([a, b]) => [element("kbd", {}, a), b])];
    const list = element("dl", { className: "hints" }, ...rows.flatMap(([a, b]) => [element("dt", {}, a), element("dd", {}, b)]));
    this.fresh(element("h2", {}, "Every point is a sound"), list);
  }

  clip(clip, colour) {
    const { collection, player } = this;
    const signal = this.fresh();
    const [button, strip] = track(player, signal, player.soundOf(clip), `picture/${clip}`, collection.name(clip));
    const length = seconds(collection.end[clip] - collection.start[clip]);
    const told = element("p", { className: "facts soft" }, element("span", {}, dot(colour), collection.told(clip) || "no label"), element("span", {}, length));
    this.section.append(element("h2", { title: collection.path(clip) }, collection.name(clip)), told, element("div", { className: "player" }, button, strip));
    if (collection.channels) this.section.append(this.separation(clip, signal));
    this.near = element("div", {}, element("h3", {}, "Sounds like it"), element("p", { className: "soft" }, "…"));
    this.section.append(this.near);
    return signal;
  }

  example(name, found) {
    const signal = this.fresh();
    const [button, strip] = track(this.player, signal, found.sound, found.picture, name);
    const told = `dropped here · ${seconds(found.seconds)}${found.windows > 1 ? ` · mean of ${found.windows} windows` : ""}`;
    this.near = element("div");
    this.section.append(element("h2", {}, name), element("p", { className: "facts soft" }, told), element("div", { className: "player" }, button, strip), this.near);
    this.neighbours(found.near, signal);
  }

  neighbours(near, signal) {
    const rows = near.map(({ row, score }) => this.row(row, score, signal));
    const none = element("p", { className: "soft" }, "There is nothing else in the collection.");
    this.near.replaceChildren(element("h3", {}, "Sounds like it"), ...(rows.length ? rows : [none]));
  }

  // bright: as the map has it; null hides the list.
  matches(bright) {
    this.listed.abort();
    this.listed = new AbortController();
    this.list.hidden = bright === null;
    if (bright === null) return this.list.replaceChildren();
    const clips = [...bright.keys()].filter((i) => bright[i]);
    const rows = clips.slice(0, MOST_MATCHES).map((clip) => this.row(clip, null, this.listed.signal));
    const more = clips.length > rows.length ? [element("p", { className: "soft" }, `and ${clips.length - rows.length} more`)] : [];
    const said = `${clips.length} ${clips.length === 1 ? "clip matches" : "clips match"}`;
    return this.list.replaceChildren(element("h3", {}, said), ...rows, ...more);
  }

  row(clip, score, signal) {
    const { collection, player } = this;
    const name = collection.name(clip);
    const go = element("button", { className: "go", type: "button", title: collection.path(clip) }, element("b", {}, name), element("small", {}, collection.told(clip)));
    go.addEventListener("click", () => this.tell("choose", clip));
    const parts = score === null ? [playButton(player, signal, player.soundOf(clip), name), go]
      : [...track(player, signal, player.soundOf(clip), `picture/${clip}`, name), go, element("output", { title: "cosine" }, score.toFixed(2))];
    const row = element("div", { className: score === null ? "row plain" : "row" }, ...parts);
    row.dataset.clip = clip;
    row.addEventListener("pointerenter", () => this.tell("point", clip));
    row.addEventListener("pointerleave", () => this.tell("point", -1));
    return row;
  }

  separation(clip, signal) {
    const button = element("button", { className: "wide", id: "separate", type: "button" }, "Take it apart");
    const place = element("div", {}, button);
    button.addEventListener("click", async () => {
      Object.assign(button, { disabled: true, textContent: "Taking it apart …" });
      const channels = await this.ask(`channels/${clip}`);
      if (signal.aborted) return;
      if (channels) place.replaceChildren(element("h3", {}, "Taken apart"), ...channels.map((channel, i) => this.channel(channel, `channel ${i + 1}`, signal)));
      else Object.assign(button, { disabled: false, textContent: "Take it apart" });
    });
    return place;
  }

  channel({ sound, picture, level_db: level, share }, name, signal) {
    const heard = level === null ? "silent" : `${level.toFixed(1).replace("-", "−")} dB · ${Math.round(100 * share)} %`;
    const head = element("p", {}, element("span", {}, name), element("span", { className: "soft", title: "level re full scale, share of the clip" }, heard));
    return element("div", { className: "channel low" }, head, element("div", { className: "player" }, ...track(this.player, signal, sound, picture, name)));
  }

  fresh(...children) {
    this.shown.abort();
    this.shown = new AbortController();
    this.section.replaceChildren(...children);
    return this.shown.signal;
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
