// One audio element for the whole page: what is played next stops what was played before.

const KINDS = {
  wav: "audio/wav", mp3: "audio/mpeg", flac: "audio/flac",
  vorbis: 'audio/ogg; codecs="vorbis"', opus: 'audio/ogg; codecs="opus"',
};

export class Player extends EventTarget {
  // Events: `change` whenever another sound plays, pauses or moves on; `failed` with a sentence in `detail`.
  constructor(audio) {
    super();
    this.audio = audio;
    this.url = "";
    this.plays = Object.keys(KINDS).filter((kind) => audio.canPlayType(KINDS[kind]) !== "").join(",");
    for (const name of ["play", "pause", "ended", "seeked"]) audio.addEventListener(name, () => this.changed());
    audio.addEventListener("error", () => this.retry());
  }

  soundOf(row) {
    return `sound/${row}?plays=${this.plays}`;
  }

  isOn(url) {
    return url === this.url && !this.audio.paused;
  }

  // How much of a sound is over, 0 to 1; 0 for one that is not this.
  share(url) {
    return url === this.url && this.audio.duration > 0 ? this.audio.currentTime / this.audio.duration : 0;
  }

  async play(url, share = 0) {
    if (url !== this.url) {
      this.url = url;
      this.audio.src = url;
      this.seek = share;
    } else if (share > 0 || this.audio.ended) {
      this.audio.currentTime = share * this.audio.duration;
    }
    try {
      await this.audio.play();
      if (this.seek > 0) this.audio.currentTime = this.seek * this.audio.duration;
      this.seek = 0;
    } catch {
      this.changed(); // stopped by the next sound, refused by the browser, or told by `error`
    }
  }

  toggle(url) {
    if (this.isOn(url)) this.audio.pause();
    else this.play(url);
  }

  stop() {
    this.audio.pause();
  }

  // What cannot be played as it is comes as WAV; what cannot come at all says why.
  async retry() {
    const url = this.url;
    if (/plays=./.test(this.audio.src)) {
      this.audio.src = url.replace(/plays=.*/, "plays=");
      return this.audio.play().catch(() => {});
    }
    const answer = await fetch(this.audio.src).catch(() => null);
    const why = !answer ? "the page's server does not answer: is sepcl explore still running?" : answer.ok ? "this sound cannot be played" : await answer.text();
    if (url !== this.url) return;
    this.url = "";
    this.changed();
    this.dispatchEvent(new CustomEvent("failed", { detail: why }));
  }

  changed() {
    this.dispatchEvent(new Event("change"));
    if (!this.audio.paused && !this.waiting) {
      this.waiting = true;
      requestAnimationFrame(() => {
        this.waiting = false;
        this.changed();
      });
    }
  }
}
