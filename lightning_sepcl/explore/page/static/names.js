// Names of groups on the map, each where its points lie closest together; none over another.

const BINS = 28;
const LEAST_SHARE = 0.3; // of a group that must lie around its name: a scattered group has no place
const LEAST_POINTS = 3;
const MOST_GROUPS = 400;

// One {name, x, y} per group that has a place, the groups with most points first.
export function placesOfNames(x, y, of, names) {
  if (names.length > MOST_GROUPS) return [];
  const members = names.map(() => []);
  of.forEach((group, i) => group < names.length && members[group].push(i));
  return members.flatMap((points, group) => {
    const centre = points.length >= LEAST_POINTS && densest(points, x, y);
    return centre ? [{ name: names[group], group, ...centre }] : [];
  });
}

function densest(points, x, y) {
  const bin = (v) => Math.floor(((v + 1) / 2) * BINS);
  const counts = new Map();
  for (const i of points) {
    for (let a = -1; a <= 1; a++) {
      for (let b = -1; b <= 1; b++) {
        const key = (bin(x[i]) + a) * 1000 + bin(y[i]) + b;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
  }
  const [key, count] = [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best));
  if (count < LEAST_SHARE * points.length) return null;
  const column = Math.round(key / 1000);
  const near = points.filter((i) => Math.abs(bin(x[i]) - column) <= 1 && Math.abs(bin(y[i]) - (key - column * 1000)) <= 1);
  const mean = (v) => near.reduce((sum, i) => sum + v[i], 0) / near.length;
  return { x: mean(x), y: mean(y) };
}

// context: in CSS pixels. Names that would cover one that is there are left out.
export function drawNames(context, view, places, ink, halo, opacity) {
  const taken = [];
  context.globalAlpha = opacity;
  context.font = '600 12px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif';
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  for (const place of places) {
    const text = place.name.replaceAll("_", " ");
    const half = context.measureText(text).width / 2 + 5;
    const [x, py] = view.toScreen(place.x, place.y);
    const px = x < 0 || x > view.width ? x : Math.max(half, Math.min(x, view.width - half));
    const box = [px - half, py - 9, px + half, py + 9];
    if (taken.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1])) continue;
    taken.push(box);
    context.lineWidth = 3.5;
    context.strokeStyle = halo;
    context.strokeText(text, px, py);
    context.fillStyle = ink;
    context.fillText(text, px, py);
  }
  context.globalAlpha = 1;
}
