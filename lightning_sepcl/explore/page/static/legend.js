// The legend: groups with their colours and counts; one that is pressed stands out on the map.

import { dot } from "./colours.js";
import { element } from "./elements.js";

export class Legend extends EventTarget {
  // Event: `change` with the number of the pressed group in `detail`, -1 for none.
  constructor(details) {
    super();
    this.details = details;
    this.pressed = -1;
    details.open = !matchMedia("(max-width: 860px)").matches; // where it would hide the map
  }

  show(title, names, of, colours) {
    this.pressed = -1;
    this.details.hidden = names.length === 0;
    const counts = new Uint32Array(names.length + 1);
    for (const group of of) counts[group]++;
    this.buttons = names.map((name, group) => this.button(name, group, colours[group], counts[group]));
    this.details.querySelector("summary").textContent = `${title} (${names.length})`;
    this.details.querySelector("ul").replaceChildren(...this.buttons.map((button) => element("li", {}, button)));
  }

  button(name, group, colour, count) {
    const said = name.replaceAll("_", " ");
    const button = element("button", { type: "button", title: name }, dot(colour), element("span", { className: "name" }, said), element("span", { className: "count" }, String(count)));
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => this.press(group === this.pressed ? -1 : group));
    return button;
  }

  press(group) {
    this.pressed = group;
    this.buttons?.forEach((button, i) => button.setAttribute("aria-pressed", String(i === group)));
    this.dispatchEvent(new CustomEvent("change", { detail: group }));
  }
}
