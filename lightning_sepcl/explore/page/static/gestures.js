// Pointers and the wheel on the map: drag to move, wheel or two fingers to zoom, click to choose.

const CLICK_PIXELS = 5; // further is a drag

export function followGestures(map) {
  const { canvas, view } = map;
  const down = new Map();
  let travelled = 0;
  const at = (event) => [event.offsetX, event.offsetY];
  const tell = (name, detail, more = {}) => map.dispatchEvent(Object.assign(new CustomEvent(name, { detail }), more));

  const hover = (event) => {
    const point = map.pick(...at(event));
    canvas.classList.toggle("over", point >= 0);
    if (point !== map.over) {
      map.over = point;
      map.redraw();
    }
    tell("hover", point, { at: at(event) });
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    if (down.size === 1) travelled = 0;
  });

  canvas.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return hover(event);
    const now = at(event);
    const others = [...down].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    travelled += Math.hypot(now[0] - before[0], now[1] - before[1]);
    down.set(event.pointerId, now);
    if (others.length) {
      const [other] = others;
      const apart = (place) => Math.hypot(place[0] - other[0], place[1] - other[1]) || 1;
      travelled = Infinity;
      view.zoomAt(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
      view.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    } else {
      if (travelled <= CLICK_PIXELS) return;
      canvas.classList.add("moving");
      tell("hover", -1, { at: now });
      view.pan(now[0] - before[0], now[1] - before[1]);
    }
    map.redraw();
  });

  const up = (event) => {
    if (!down.delete(event.pointerId)) return;
    canvas.classList.remove("moving");
    if (event.type === "pointerup" && travelled <= CLICK_PIXELS) tell("choose", map.pick(...at(event)));
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", (event) => {
    map.over = -1;
    map.redraw();
    tell("hover", -1, { at: at(event) });
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1; // some mice count lines
    view.zoomAt(Math.exp(-event.deltaY * lines * 0.0018), ...at(event));
    map.redraw();
    hover(event);
  }, { passive: false });
}
