// Colours of groups: eight that everybody tells apart, or as many hues as there are groups.

// Source: Okabe and Ito 2008, as in the reports of the suite.
const DISTINCT = ["#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#0072b2", "#c9b800"];
const GOLDEN_ANGLE = 137.508;

export function isDark() {
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

// One per group; the last is for clips without a group.
export function coloursOf(count) {
  const plain = isDark() ? "#6b7480" : "#9aa3ad";
  if (count === 0) return [isDark() ? "#56b4e9" : "#0072b2"];
  if (count <= DISTINCT.length) return [...DISTINCT.slice(0, count), plain];
  const [light, dark] = isDark() ? [0.8, 0.66] : [0.7, 0.54];
  const hue = (i) => (40 + i * GOLDEN_ANGLE) % 360;
  return [...Array.from({ length: count }, (_, i) => `oklch(${i % 2 ? dark : light} 0.15 ${hue(i)})`), plain];
}

// A dot for text beside it.
export function dot(colour) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 10 10");
  svg.setAttribute("class", "dot");
  const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  for (const [name, value] of Object.entries({ cx: 5, cy: 5, r: 4.5, fill: colour })) circle.setAttribute(name, value);
  svg.append(circle);
  return svg;
}
