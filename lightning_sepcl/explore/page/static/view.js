// Which part of the plane is seen: a scale and a centre, moved by pointers, wheel and keys.

const FURTHEST = 0.5;
const CLOSEST = 400;
const MARGIN = 26; // pixels around the whole map

export class View {
  constructor() {
    this.width = this.height = 1;
    this.zoom = 1;
    this.x = this.y = 0; // what is seen in the middle
    this.extent = [1, 1]; // half of the width and height of the whole map
  }

  get scale() {
    const [width, height] = [Math.max(50, this.width - 2 * MARGIN), Math.max(50, this.height - 2 * MARGIN)];
    return (this.zoom * Math.min(width / this.extent[0], height / this.extent[1])) / 2;
  }

  toScreen(x, y) {
    return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2];
  }

  toPlane(px, py) {
    return [(px - this.width / 2) / this.scale + this.x, (py - this.height / 2) / this.scale + this.y];
  }

  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
  }

  // The place under (px, py) stays where it is.
  zoomAt(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.toPlane(px, py);
    this.zoom = Math.min(CLOSEST, Math.max(FURTHEST, this.zoom * factor));
    const [nx, ny] = this.toPlane(px, py);
    this.x += x - nx;
    this.y += y - ny;
  }

  fit() {
    [this.zoom, this.x, this.y] = [1, 0, 0];
  }

  // Moves as little as needed to see a place that is outside or at the edge.
  reveal(x, y, margin = 40) {
    const [px, py] = this.toScreen(x, y);
    this.pan(
      Math.max(0, margin - px) - Math.max(0, px - this.width + margin),
      Math.max(0, margin - py) - Math.max(0, py - this.height + margin),
    );
  }
}
