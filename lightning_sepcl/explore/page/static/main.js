// Puts the page together: map, panel, filter, legend, player.

import { Collection } from "./collection.js";
import { followDrops } from "./drop.js";
import { followGestures } from "./gestures.js";
import { element } from "./elements.js";
import { Legend } from "./legend.js";
import { PointMap } from "./map.js";
import { Panel } from "./panel.js";
import { Player } from "./player.js";

const POLL_MS = 500;
const PLACED_BY = 5; // nearest clips between which an example is drawn
const $ = (id) => document.getElementById(id);

function say(sentence) {
  $("message").querySelector("p").textContent = sentence;
  $("message").hidden = false;
}

// The JSON behind a path; null where there is none, which is told.
async function ask(path) {
  try {
    const answer = await fetch(path);
    if (answer.ok) return await answer.json();
    say(await answer.text());
  } catch {
    say("the page's server does not answer: is sepcl explore still running?");
  }
  return null;
}

async function planeOf(name) {
  return new Float32Array(await (await fetch(`plane/${name}`)).arrayBuffer());
}

class Page {
  constructor(about) {
    const collection = (this.collection = new Collection(about));
    this.map = $("canvas").map = new PointMap($("canvas"), collection.count);
    this.player = new Player($("audio"));
    this.panel = new Panel($("chosen"), $("matches"), collection, this.player, ask);
    this.legend = new Legend($("legend"));
    this.planes = {};
    this.head(about);
    this.panel.hints(!about.no_examples);
    this.listen();
    this.colour();
  }

  head({ title, files, method, no_examples: noExamples, groups }) {
    const { count } = this.collection;
    document.title = `${title} · sepcl explore`;
    $("title").textContent = title;
    const clips = count === files.length ? `${count} recordings` : `${count} clips of ${files.length} recordings`;
    $("facts").textContent = `${clips} · ${method}`;
    $("pick").hidden = noExamples !== "";
    $("no-examples").textContent = noExamples && `No search with files: ${noExamples}.`;
    $("colouring").hidden = groups.length < 2;
    $("groups").replaceChildren(...groups.map((group, i) => element("option", { value: i }, `Colour by ${group.title}`)));
  }

  listen() {
    const { map, panel, legend, player } = this;
    followGestures(map);
    map.addEventListener("choose", ({ detail }) => (detail >= 0 ? this.choose(detail) : this.letGo()));
    map.addEventListener("hover", ({ detail, at }) => this.tip(detail, at));
    panel.addEventListener("choose", ({ detail }) => this.choose(detail));
    panel.addEventListener("point", ({ detail }) => {
      map.over = detail;
      map.redraw();
    });
    legend.addEventListener("change", () => this.light());
    player.addEventListener("failed", ({ detail }) => say(detail));
    $("filter").addEventListener("input", () => this.light());
    $("groups").addEventListener("change", () => this.colour());
    $("planes").addEventListener("change", ({ target }) => this.arrange(target.value));
    for (const [id, act] of Object.entries({ closer: () => map.zoom(true), further: () => map.zoom(false), whole: () => map.fit() })) $(id).addEventListener("click", act);
    $("message").querySelector("button").addEventListener("click", () => ($("message").hidden = true));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.colour());
    addEventListener("keydown", (event) => this.key(event));
    if (this.collection.no_examples === "") {
      const { most_bytes: mostBytes } = this.collection;
      followDrops({ cover: $("drop"), button: $("pick"), input: $("file"), mostBytes, failed: say, found: (name, found) => this.example(name, found) });
    }
  }

  async arrange(name, smoothly = true) {
    this.wanted = name;
    this.planes[name] ??= await planeOf(name);
    if (this.wanted === name) this.map.arrange(this.planes[name], smoothly);
  }

  // The principal plane first; the map of neighbours as soon as it is there, unless the user chose otherwise.
  async begin() {
    const neighbours = $("planes").querySelector("[value=neighbours]");
    const principal = $("planes").querySelector("[value=principal]");
    let state = await ask("progress");
    if (state?.ready) return this.arrange("neighbours", false);
    await this.arrange("principal", false);
    Object.assign(neighbours, { disabled: true });
    principal.checked = true;
    while (state && !state.ready && !state.failed) {
      $("progress").hidden = false;
      $("progress").querySelector("progress").value = state.share;
      $("progress").querySelector("span").textContent = `arranging by neighbours, ${Math.floor(100 * state.share)} %`;
      await new Promise((done) => setTimeout(done, POLL_MS));
      state = await ask("progress");
    }
    $("progress").hidden = true;
    if (!state?.ready) return state && say(state.failed);
    Object.assign(neighbours, { disabled: false, checked: true });
    return this.arrange("neighbours");
  }

  colour() {
    const number = Number($("groups").value || 0);
    const { names, of } = this.collection.colouring(number);
    this.map.colour(names, of);
    this.legend.show(this.collection.groups[number]?.title ?? "", names, of, this.map.colours);
    this.light();
  }

  // What neither the filter nor the legend picks is dimmed.
  light() {
    const text = $("filter").value.trim();
    const bright = text ? this.collection.matching(text) : null;
    const { pressed } = this.legend;
    this.panel.matches(bright);
    if (pressed < 0) return this.map.light(bright);
    return this.map.light(Uint8Array.from(this.map.of, (group, i) => (group === pressed && (!bright || bright[i]) ? 1 : 0)));
  }

  async choose(clip) {
    const { map, panel, player, collection } = this;
    map.choose(clip);
    map.reveal(clip);
    const signal = panel.clip(clip, map.colours[map.of[clip]]);
    player.play(player.soundOf(clip));
    $("canvas").setAttribute("aria-label", `Map of the recordings, at ${collection.name(clip)}`);
    const near = await ask(`near/${clip}`);
    if (!near || signal.aborted) return;
    panel.neighbours(near, signal);
    map.choose(clip, near.map(({ row }) => row));
  }

  example(name, found) {
    const rows = found.near.map(({ row }) => row);
    const placed = found.near.slice(0, PLACED_BY);
    const total = placed.reduce((sum, { score }) => sum + Math.max(score, 0.01), 0);
    const mean = (v) => placed.reduce((sum, { row, score }) => sum + (Math.max(score, 0.01) / total) * v[row], 0);
    this.map.choose(-1, rows, [mean(this.map.x), mean(this.map.y)]);
    this.panel.example(name, found);
    this.player.play(found.sound);
    $("message").hidden = true;
  }

  letGo() {
    this.player.stop();
    this.map.choose(-1);
    this.panel.hints(this.collection.no_examples === "");
  }

  tip(clip, [px, py]) {
    const tip = $("tip");
    tip.hidden = clip < 0;
    if (clip < 0) return;
    tip.replaceChildren(this.collection.name(clip), element("small", {}, this.collection.told(clip)));
    const [width, height] = [$("canvas").clientWidth, $("canvas").clientHeight];
    tip.style.left = `${Math.max(4, Math.min(px + 14, width - tip.offsetWidth - 8))}px`;
    tip.style.top = `${py + 18 + tip.offsetHeight > height ? py - tip.offsetHeight - 10 : py + 18}px`;
  }

  key(event) {
    const { map, player } = this;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input[type=search], select");
    if (event.key === "Escape") {
      if ($("filter").value) $("filter").value = "";
      else this.letGo();
      if (this.legend.pressed >= 0) this.legend.press(-1);
      this.light();
      $("filter").blur();
    }
    if (typing) return;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const onControl = event.target.matches("button, summary, input");
    const acts = {
      "/": () => $("filter").focus(), "+": () => map.zoom(true), "=": () => map.zoom(true), "-": () => map.zoom(false), 0: () => map.fit(),
      ...(onControl ? {} : { " ": () => player.url && player.toggle(player.url) }),
      ...(event.target.matches("input") ? {} : Object.fromEntries(Object.entries(arrows).map(([name, way]) => [name, () => this.go(way)]))),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  go(way) {
    const next = this.map.towards(way);
    if (next >= 0) this.choose(next);
  }
}

const about = await ask("about");
if (about) await new Page(about).begin();
document.body.dataset.ready = "";
