// What the page knows of the clips: names, times, groups; all by the number of the clip.

export class Collection {
  constructor(about) {
    Object.assign(this, about);
    this.count = about.file.length;
    this.searched = about.files.map((name, file) => [name, ...this.labelsOf(file)].join("\n").toLowerCase());
  }

  path(clip) {
    return this.files[this.file[clip]];
  }

  name(clip) {
    return this.path(clip).split("/").pop();
  }

  labelsOf(file) {
    return this.groups.flatMap(({ names, of }) => (of[file] >= 0 ? [names[of[file]]] : []));
  }

  // Where in its file a clip lies; empty for a whole file.
  times(clip) {
    const [start, end, whole] = [this.start[clip], this.end[clip], this.seconds[this.file[clip]]];
    return start <= 0 && end >= whole - 0.05 ? "" : `${start.toFixed(1)} – ${end.toFixed(1)} s`;
  }

  // Labels, or else the folder, and times: a line below the name.
  told(clip) {
    const folder = this.path(clip).split("/").slice(0, -1).join("/");
    const labels = this.labelsOf(this.file[clip]);
    return [...new Set([...labels, ...(labels.length ? [] : [folder]), this.times(clip)])].filter(Boolean).join(" · ").replaceAll("_", " ");
  }

  // For each clip the number of its group; clips without one get the number after the last.
  colouring(number) {
    const group = this.groups[number];
    if (!group) return { names: [], of: new Uint32Array(this.count) };
    const of = Uint32Array.from(this.file, (file) => (group.of[file] >= 0 ? group.of[file] : group.names.length));
    return { names: group.names, of };
  }

  // The clips in whose path or labels all words occur.
  matching(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = this.searched.map((all) => words.every((word) => all.includes(word)));
    return Uint8Array.from(this.file, (file) => (fits[file] ? 1 : 0));
  }
}
