import { useEffect, useState } from "react";
import { lastStep, type Pace, type Position, type Run } from "./runs";

/** Pictures per second during playback. */
const PLAYED = 12;

export interface Going {
  position: Position;
  pace: Pace;
  /** Whether the histories differ in length, so that the pace matters. */
  differ: boolean;
  /** Position of the slider from 0 to `last`, in steps or thousandths. */
  at: number;
  last: number;
  playing: boolean;
  go(at: number): void;
  goLive(): void;
  play(): void;
  stop(): void;
  setPace(pace: Pace): void;
}

const SHARES = 1000;

/** A common position in several histories. */
export function usePosition(runs: readonly Run[]): Going {
  const [pace, setPace] = useState<Pace>("step");
  const [at, setAt] = useState<number | null>(null);
  const [playing, setPlaying] = useState(false);
  const ends = runs.map(lastStep);
  const differ = new Set(ends.filter((end) => end >= 0)).size > 1;
  const last = Math.max(1, pace === "share" ? SHARES : Math.max(0, ...ends));

  useEffect(() => {
    if (!playing) return;
    const stride = pace === "share" ? SHARES / 100 : Math.max(1, Math.round(last / 150));
    const timer = setInterval(() => setAt((known) => Math.min(last, (known ?? 0) + stride)), 1000 / PLAYED);
    return () => clearInterval(timer);
  }, [playing, pace, last]);
  useEffect(() => {
    if (playing && at !== null && at >= last) setPlaying(false);
  }, [playing, at, last]);

  return {
    position: at === null ? null : { pace, at: pace === "share" ? at / SHARES : at },
    pace,
    differ,
    at: at ?? last,
    last,
    playing,
    go(next) {
      setPlaying(false);
      setAt(next);
    },
    goLive() {
      setPlaying(false);
      setAt(null);
    },
    play() {
      if (at === null || at >= last) setAt(0);
      setPlaying(true);
    },
    stop: () => setPlaying(false),
    setPace(next) {
      setPace(next);
      setAt(null);
      setPlaying(false);
    },
  };
}
