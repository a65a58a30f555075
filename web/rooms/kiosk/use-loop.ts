import { type Dispatch, useEffect, useReducer, useRef } from "react";
import { execute } from "../../graphql/execute";
import { StartPainting } from "../../graphql/operations";
import { serverAnswers } from "../../graphql/server-answers";
import { imageIdOf } from "../../pictures/use-choice";
import { letGo } from "../../session/let-go";
import { kioskTexts } from "../../texts/kiosk/languages";
import { LEASE_S } from "./lease";
import { type KioskEvent, type KioskState, nextKiosk, opening, pauseAfter } from "./machine";
import { type KioskOptions, pairAt } from "./options";
import { takeHomeOrigin } from "./take-home/origin";
import { sessionTitle } from "./words";

/** Time after which a start without an answer counts as failed, ms. */
const START_MS = 30_000;
/** Time after which the page reloads between two paintings, ms, because no browser runs well for weeks. */
const RELOAD_MS = 6 * 60 * 60 * 1000;
/** Least time that a visitor's finished painting is on show where it can be taken home, and time to scan its code, s. */
const TAKING_S = 30;
const SCANNING_S = 60;
/** Least time for the countdown and for sending the picture, s. */
const UPLOAD_S = 30;

/** The exhibition's loop with its side effects: starting and waiting. */
export function useLoop(options: KioskOptions): [KioskState, Dispatch<KioskEvent>] {
  const [state, dispatch] = useReducer(nextKiosk, opening);
  const known = useRef(options);
  useEffect(() => {
    known.current = options;
  });
  useStarting(state, known, dispatch);
  useWaiting(state, options, dispatch);
  return [state, dispatch];
}

function useStarting(state: KioskState, known: { current: KioskOptions }, dispatch: Dispatch<KioskEvent>): void {
  const starting = state.phase === "starting" ? state : null;
  useEffect(() => {
    if (!starting) return;
    let left = false;
    const timer = setTimeout(() => {
      left = true;
      dispatch({ type: "failed" });
    }, START_MS);
    begin(starting, known.current).then(
      (sessionId) => {
        clearTimeout(timer);
        // A visitor came meanwhile, or it took too long: the painting is not shown, so it is deleted.
        if (!left) dispatch({ type: "started", sessionId });
        else if (!known.current.keep) void letGo(sessionId);
      },
      () => {
        if (!left) dispatch({ type: "failed" });
      },
    );
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [starting, known, dispatch]);
}

async function begin({ place, guest }: { place: number; guest: { imageId: string; styleUrl: string } | null }, options: KioskOptions) {
  const { photos, styles, size, steps } = options;
  const pair = pairAt(photos, styles, place);
  const style = guest ? (styles.find(({ url }) => url === guest.styleUrl) ?? pair.style) : pair.style;
  const [contentId, imageId] = await Promise.all([guest ? guest.imageId : idOf(pair.photo), idOf(style)]);
  const title = sessionTitle(guest ? kioskTexts[options.language].you : pair.photo.title, style.title);
  const expiresIn = options.keep ? null : LEASE_S;
  const input = { contentId, styles: [{ imageId, weight: 1 }], size, steps, title, expiresIn };
  return (await execute(StartPainting, { input })).startStyleTransfer.id;
}

function idOf({ url, title }: { url: string; title: string }): Promise<string> {
  return imageIdOf({ url, title, imageId: /^\/images\/(.+)$/.exec(url)?.[1] ?? null });
}

function useWaiting(state: KioskState, options: KioskOptions, dispatch: Dispatch<KioskEvent>): void {
  const { phase } = state;
  const { idle } = options;
  const shown = shownFor(state, options);
  const failures = state.phase === "resting" ? state.failures : 0;
  const takings = state.phase === "showing" ? state.takings : 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the time to scan the code begins when there is one.
  useEffect(() => {
    if (phase !== "showing" && phase !== "resting") return;
    let left = false;
    const goOn = async () => {
      // While the server is away, a browser would show its own page instead, which stays.
      const reloads = performance.now() > RELOAD_MS && (await serverAnswers());
      if (left) return;
      if (reloads) location.reload();
      else dispatch({ type: "elapsed" });
    };
    const timer = setTimeout(() => void goOn(), phase === "showing" ? 1000 * shown : pauseAfter(failures));
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [phase, failures, shown, takings, dispatch]);

  useEffect(() => {
    if (phase !== "choosing" && phase !== "counting") return;
    // Visitors do not touch the screen while they pose, and their picture may take time to arrive.
    const wait = () => setTimeout(() => dispatch({ type: "left" }), 1000 * (phase === "counting" ? Math.max(idle, UPLOAD_S) : idle));
    let timer = wait();
    const stir = () => {
      clearTimeout(timer);
      timer = wait();
    };
    window.addEventListener("pointerdown", stir);
    window.addEventListener("keydown", stir);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("pointerdown", stir);
      window.removeEventListener("keydown", stir);
    };
  }, [phase, idle, dispatch]);
}

/** How long a finished painting is shown, s. A visitor gets time to decide and to scan. */
function shownFor(state: KioskState, options: KioskOptions): number {
  const { seconds } = options;
  if (state.phase !== "showing" || !state.guest || takeHomeOrigin(options) === null) return seconds;
  return Math.max(seconds, state.takings > 0 ? SCANNING_S : TAKING_S);
}
