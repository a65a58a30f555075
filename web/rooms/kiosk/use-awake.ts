import { useEffect, useState } from "react";

/** Keeps the screen on, where the browser can, also after the page was hidden for a while. */
export function useAwake(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let left = false;
    const ask = async () => {
      if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
      try {
        lock = await navigator.wakeLock.request("screen");
        if (left) await lock.release();
      } catch {
        // A battery that runs low refuses it; the next time the page is seen it is asked for again.
      }
    };
    void ask();
    document.addEventListener("visibilitychange", ask);
    return () => {
      left = true;
      document.removeEventListener("visibilitychange", ask);
      void lock?.release();
    };
  }, []);
}

const STILL_MS = 3000;

/** Whether nobody has moved or touched anything for some seconds: the pointer is hidden then. */
export function useStill(): boolean {
  const [still, setStill] = useState(false);
  useEffect(() => {
    let timer = setTimeout(() => setStill(true), STILL_MS);
    const stir = () => {
      clearTimeout(timer);
      setStill(false);
      timer = setTimeout(() => setStill(true), STILL_MS);
    };
    const events = ["pointermove", "pointerdown", "keydown"] as const;
    for (const name of events) window.addEventListener(name, stir);
    return () => {
      clearTimeout(timer);
      for (const name of events) window.removeEventListener(name, stir);
    };
  }, []);
  return still;
}
