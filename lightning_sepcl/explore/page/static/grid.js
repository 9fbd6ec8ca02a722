// Points sorted into the cells of a grid, so that those near a place are found without looking at all of them.

export class Grid {
  // x, y: places of the points, within -1 to 1. About two points share a cell.
  constructor(x, y) {
    const side = (this.side = Math.max(1, Math.ceil(Math.sqrt(x.length / 2))));
    this.x = x;
    this.y = y;
    this.first = new Uint32Array(side * side + 1);
    const cell = Uint32Array.from(x, (_, i) => this.cell(x[i]) + side * this.cell(y[i]));
    for (const c of cell) this.first[c + 1]++;
    for (let c = 0; c < side * side; c++) this.first[c + 1] += this.first[c];
    const next = this.first.slice();
    this.points = new Uint32Array(x.length);
    cell.forEach((c, i) => (this.points[next[c]++] = i));
  }

  cell(value) {
    return Math.min(this.side - 1, Math.max(0, Math.floor(((value + 1) / 2) * this.side)));
  }

  // The nearest point within a radius for which `allowed` holds; -1 for none.
  nearest(x, y, radius, allowed = () => true) {
    let best = -1;
    let least = radius * radius;
    for (let row = this.cell(y - radius); row <= this.cell(y + radius); row++) {
      for (let column = this.cell(x - radius); column <= this.cell(x + radius); column++) {
        const c = column + this.side * row;
        for (let k = this.first[c]; k < this.first[c + 1]; k++) {
          const i = this.points[k];
          const d = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
          if (d <= least && allowed(i)) [best, least] = [i, d];
        }
      }
    }
    return best;
  }
}
