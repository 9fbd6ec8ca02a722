// Draws points onto a canvas: one small picture per colour, copied to where the points are.

const DIM = 0.13;

export class Dots {
  // colours: CSS, one per group. radius and ratio: of a point in CSS pixels, and device pixels in one.
  constructor(colours, radius, ratio, edge) {
    this.size = Math.ceil((2 * radius + 2) * ratio);
    this.sprites = colours.map((colour) => this.sprite(colour, radius * ratio, edge));
    this.ratio = ratio;
  }

  sprite(colour, radius, edge) {
    const canvas = Object.assign(document.createElement("canvas"), { width: this.size, height: this.size });
    const context = canvas.getContext("2d");
    context.beginPath();
    context.arc(this.size / 2, this.size / 2, radius, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
    context.lineWidth = Math.max(0.6, radius * 0.18);
    context.strokeStyle = edge;
    context.stroke();
    return canvas;
  }

  // Those outside of the view cost next to nothing; those that are not `bright` lie below the others.
  draw(context, view, x, y, of, bright) {
    const { scale, width, height } = view;
    const [left, top] = [view.x - width / 2 / scale, view.y - height / 2 / scale];
    const [k, half, margin] = [scale * this.ratio, this.size / 2, this.size / scale];
    const [right, bottom] = [left + width / scale + margin, top + height / scale + margin];
    context.imageSmoothingEnabled = false; // whole pixels are copied, which costs much less without a graphics card
    for (const layer of bright ? [0, 1] : [1]) {
      context.globalAlpha = layer ? 1 : DIM;
      for (let i = 0; i < x.length; i++) {
        if ((bright && bright[i] !== layer) || x[i] < left - margin || x[i] > right || y[i] < top - margin || y[i] > bottom) continue;
        context.drawImage(this.sprites[of[i]], Math.round((x[i] - left) * k - half), Math.round((y[i] - top) * k - half));
      }
    }
    context.globalAlpha = 1;
  }
}
