// A file dropped anywhere on the page, or picked: sent to the page's server, which embeds it and searches with it.

export function followDrops({ cover, button, input, mostBytes, found, failed }) {
  let inside = 0;
  const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
  const show = (change) => {
    inside = Math.max(0, inside + change);
    cover.hidden = inside === 0;
  };
  addEventListener("dragenter", (event) => carriesFile(event) && show(1));
  addEventListener("dragleave", (event) => carriesFile(event) && show(-1));
  addEventListener("dragover", (event) => carriesFile(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    show(-inside);
    search(event.dataTransfer.files);
  });
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    search(input.files);
    input.value = "";
  });

  async function search(files) {
    const [file] = files;
    if (!file) return;
    if (file.size > mostBytes) return failed(`${file.name} is larger than ${mostBytes / 1e6} MB: cut out what you mean`);
    const before = button.textContent;
    Object.assign(button, { disabled: true, textContent: `Listening to ${file.name} …` });
    try {
      const answer = await fetch(`example?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
      if (answer.ok) found(file.name, await answer.json());
      else failed(await answer.text());
    } catch {
      failed("the page's server does not answer: is sepcl explore still running?");
    } finally {
      Object.assign(button, { disabled: false, textContent: before });
    }
  }
}
