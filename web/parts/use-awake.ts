import { useEffect, useState } from "react";

/** Keeps the screen on if the browser can, also after the page was hidden. */
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
        // The browser refuses when the battery is low; the next time the page becomes visible asks again.
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

/** Whether there was no input for some seconds, after which the pointer is hidden. */
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
