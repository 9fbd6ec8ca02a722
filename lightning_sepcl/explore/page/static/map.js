// The map: points on a canvas that is moved, zoomed and asked which point is under the pointer.

import { coloursOf } from "./colours.js";
import { Dots } from "./dots.js";
import { Grid } from "./grid.js";
import { drawNames, placesOfNames } from "./names.js";
import { View } from "./view.js";

const PICK_PIXELS = 14;
const MORPH_MS = 700;
const MORE = 1.5; // zoom of a key or button
const FAINT = 0.6; // names, while neighbours are pointed at

export class PointMap extends EventTarget {
  // Events: `choose` and `hover` with the point's number (-1: none) in `detail`; hover also has the place `at`.
  constructor(canvas, count) {
    super();
    Object.assign(this, { canvas, count, context: canvas.getContext("2d"), view: new View() });
    Object.assign(this, { chosen: -1, over: -1, linked: [], star: null, bright: null, names: [], places: [], frames: 0 });
    [this.x, this.y] = [new Float32Array(count), new Float32Array(count)];
    this.of = new Uint32Array(count);
    this.grid = new Grid(this.x, this.y);
    new ResizeObserver(() => this.resized()).observe(canvas);
    this.colour([], this.of);
  }

  // plane: Float32Array of x and y by turns, of any scale; points glide to it if `smoothly`.
  arrange(plane, smoothly) {
    const [x, y, extent] = normalised(plane, this.count);
    this.view.extent = extent;
    const still = !smoothly || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.morph = still ? null : { from: [this.x, this.y], to: [x, y], began: performance.now() };
    if (still) this.settle(x, y);
    this.redraw();
  }

  settle(x, y) {
    [this.x, this.y, this.morph] = [x, y, null];
    this.grid = new Grid(x, y);
    this.places = placesOfNames(x, y, this.of, this.names);
  }

  // of: the number of each point's colour; the last colour is for points without a name.
  colour(names, of) {
    Object.assign(this, { names, of, colours: coloursOf(names.length), dots: null });
    this.places = placesOfNames(this.x, this.y, of, names);
    this.redraw();
  }

  // bright: a Uint8Array with 1 for points that stand out, null for all.
  light(bright) {
    this.bright = bright;
    this.redraw();
  }

  // linked: points joined to the chosen one by lines, or to `star`, a place [x, y] that is no point.
  choose(point, linked = [], star = null) {
    Object.assign(this, { chosen: point, linked, star });
    this.redraw();
  }

  placeOf(point) {
    return this.view.toScreen(this.x[point], this.y[point]);
  }

  reveal(point) {
    this.view.reveal(this.x[point], this.y[point]);
    this.redraw();
  }

  zoom(closer) {
    this.view.zoomAt(closer ? MORE : 1 / MORE);
    this.redraw();
  }

  fit() {
    this.view.fit();
    this.redraw();
  }

  pick(px, py) {
    const [x, y] = this.view.toPlane(px, py);
    return this.grid.nearest(x, y, PICK_PIXELS / this.view.scale, (i) => !this.bright || this.bright[i] === 1);
  }

  // The next point from the chosen one in a direction, [1, 0] being right: near, and rather ahead than aside.
  towards([dx, dy]) {
    const start = this.chosen >= 0 ? [this.x[this.chosen], this.y[this.chosen]] : [this.view.x, this.view.y];
    let [best, least] = [-1, Infinity];
    for (let i = 0; i < this.count; i++) {
      if (i === this.chosen || (this.bright && !this.bright[i])) continue;
      const ahead = (this.x[i] - start[0]) * dx + (this.y[i] - start[1]) * dy;
      const aside = Math.abs((this.x[i] - start[0]) * dy - (this.y[i] - start[1]) * dx);
      const cost = ahead + 2 * aside;
      if (ahead > 0 && aside <= ahead && cost < least) [best, least] = [i, cost];
    }
    return best;
  }

  resized() {
    const ratio = devicePixelRatio || 1;
    Object.assign(this.view, { width: this.canvas.clientWidth || 1, height: this.canvas.clientHeight || 1 });
    this.canvas.width = Math.round(this.view.width * ratio);
    this.canvas.height = Math.round(this.view.height * ratio);
    this.dots = null;
    this.draw();
  }

  redraw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = undefined;
      this.draw();
    });
  }

  draw() {
    if (this.morph) this.step();
    const ratio = devicePixelRatio || 1;
    const radius = this.radius();
    const style = getComputedStyle(this.canvas);
    const [ink, halo] = [style.getPropertyValue("--ink"), style.getPropertyValue("--halo")];
    if (!this.dots || this.dots.radius !== radius || this.dots.ratio !== ratio) {
      this.dots = Object.assign(new Dots(this.colours, radius, ratio, halo), { radius });
    }
    const { context, view } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.dots.draw(context, view, this.x, this.y, this.of, this.bright);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (!this.morph && !this.bright) drawNames(context, view, this.places, ink, halo, this.linked.length ? FAINT : 1);
    this.marks(ink, halo, radius);
    this.frames++;
    if (this.morph) this.redraw();
  }

  // Larger where there are few points or they are seen from near; in steps, since every size is drawn anew.
  radius() {
    const base = Math.min(6, Math.max(1.6, 0.16 * Math.sqrt((this.view.width * this.view.height) / Math.max(1, this.count))));
    return Math.round(4 * Math.min(9, base * this.view.zoom ** 0.3)) / 4;
  }

  marks(ink, halo, radius) {
    const { context } = this;
    const from = this.star ? this.view.toScreen(...this.star) : this.chosen >= 0 ? this.placeOf(this.chosen) : null;
    const ring = (point, extra, width) => {
      const [px, py] = this.placeOf(point);
      for (const [style, thick] of [[halo, width + 1.6], [ink, width]]) {
        context.beginPath();
        context.arc(px, py, radius + extra, 0, 2 * Math.PI);
        Object.assign(context, { strokeStyle: style, lineWidth: thick });
        context.stroke();
      }
    };
    if (from) {
      Object.assign(context, { strokeStyle: ink, lineWidth: 1, globalAlpha: 0.45 });
      context.beginPath();
      for (const point of this.linked) {
        context.moveTo(...from);
        context.lineTo(...this.placeOf(point));
      }
      context.stroke();
      context.globalAlpha = 1;
      for (const point of this.linked) ring(point, 1.5, 1.2);
    }
    if (this.over >= 0 && this.over !== this.chosen) ring(this.over, 2, 1.5);
    if (this.chosen >= 0) ring(this.chosen, 3.5, 2.4);
    if (this.star) cross(context, from, ink, halo);
  }

  step() {
    const share = Math.min(1, (performance.now() - this.morph.began) / MORPH_MS);
    const eased = share * share * (3 - 2 * share);
    const { from, to } = this.morph;
    if (share === 1) return this.settle(...to);
    [this.x, this.y] = [0, 1].map((axis) => from[axis].map((v, i) => v + eased * (to[axis][i] - v)));
    this.grid = new Grid(this.x, this.y);
  }
}

// Centred, the longer side from -1 to 1; y downwards, as on screens. Also half of the width and of the height.
function normalised(plane, count) {
  const axes = [0, 1].map((axis) => Float32Array.from({ length: count }, (_, i) => plane[2 * i + axis]));
  const ranges = axes.map((values) => values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]));
  const half = Math.max(...ranges.map(([a, b]) => (b - a) / 2)) || 1;
  const extent = ranges.map(([a, b]) => Math.max(0.05, (b - a) / 2 / half));
  return [...axes.map((values, axis) => values.map((v) => ((v - (ranges[axis][0] + ranges[axis][1]) / 2) / half) * (axis ? -1 : 1))), extent];
}

function cross(context, [px, py], ink, halo) {
  for (const [style, width, reach] of [[halo, 7, 10], [ink, 3, 9]]) {
    context.beginPath();
    context.moveTo(px - reach, py);
    context.lineTo(px + reach, py);
    context.moveTo(px, py - reach);
    context.lineTo(px, py + reach);
    Object.assign(context, { strokeStyle: style, lineWidth: width, lineCap: "round" });
    context.stroke();
  }
}
