import { type KeyboardEvent, type PointerEvent, type RefObject, useEffect, useRef, useState } from "react";
import { actualZoom, type Extent, fitted, panned, type View, zoomedAt, zoomRange } from "./zoom";

/** Zoom factor of one press. */
const STEP = 1.5;
const ARROW_PX = 40;

export interface Zooming {
  view: View;
  /** Zoom in percent of the picture's own size. */
  percent: number;
  /** Whether the zoom is high enough to show single pixels sharply. */
  magnified: boolean;
  fit(): void;
  actual(): void;
  zoomIn(): void;
  zoomOut(): void;
  handlers: {
    onPointerDown(event: PointerEvent<HTMLElement>): void;
    onPointerMove(event: PointerEvent<HTMLElement>): void;
    onPointerUp(event: PointerEvent<HTMLElement>): void;
    onPointerCancel(event: PointerEvent<HTMLElement>): void;
    onDoubleClick(event: { clientX: number; clientY: number }): void;
    onKeyDown(event: KeyboardEvent<HTMLElement>): void;
  };
}

const centre = { x: 0, y: 0 };

/** Zooming and panning within a frame by wheel, trackpad pinch, one or two pointers, or keys. */
export function useZoom(frame: RefObject<HTMLElement | null>, picture: Extent): Zooming {
  const [view, setView] = useState<View>(fitted);
  const [extent, setExtent] = useState<Extent & { pixelRatio: number }>({ width: 1, height: 1, pixelRatio: 1 });
  const pointers = useRef(new Map<number, { x: number; y: number }>());
  const range = zoomRange(picture, extent, extent.pixelRatio);
  const actual = actualZoom(picture, extent, extent.pixelRatio);

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element;
      setExtent({ width: Math.max(1, width), height: Math.max(1, height), pixelRatio: window.devicePixelRatio });
      setView((known) => panned(known, 0, 0, { width, height }));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);

  const zoomBy = (factor: number, point = centre) => setView((known) => zoomedAt(known, known.zoom * factor, point, extent, range));
  const zoomTo = (zoom: number, point = centre) => setView((known) => zoomedAt(known, zoom, point, extent, range));

  const onWheel = useRef<(event: WheelEvent) => void>(() => undefined);
  useEffect(() => {
    onWheel.current = (event) => {
      // Where it would not zoom, the wheel scrolls the page.
      if (!event.ctrlKey && (event.deltaY > 0 ? view.zoom <= 1 : view.zoom >= range.most)) return;
      event.preventDefault();
      // A pinch comes as small steps with Ctrl.
      zoomBy(Math.exp(-event.deltaY / (event.ctrlKey ? 200 : 500)), fromCentre(event, frame.current));
    };
  });
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const listener = (event: WheelEvent) => onWheel.current(event);
    // React's own listener is passive and could not prevent the page from zooming.
    element.addEventListener("wheel", listener, { passive: false });
    return () => element.removeEventListener("wheel", listener);
  }, [frame]);

  function release({ pointerId }: PointerEvent<HTMLElement>) {
    pointers.current.delete(pointerId);
  }

  return {
    view,
    percent: Math.round((100 * view.zoom) / actual),
    magnified: view.zoom > 1 && view.zoom >= 2 * actual,
    fit: () => setView(fitted),
    actual: () => zoomTo(actual),
    zoomIn: () => zoomBy(STEP),
    zoomOut: () => zoomBy(1 / STEP),
    handlers: {
      onPointerDown(event) {
        pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
        event.currentTarget.setPointerCapture(event.pointerId);
      },
      onPointerMove(event) {
        const before = pointers.current.get(event.pointerId);
        if (!before) return;
        const now = { x: event.clientX, y: event.clientY };
        pointers.current.set(event.pointerId, now);
        const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
        if (!other) return setView((known) => panned(known, now.x - before.x, now.y - before.y, extent));
        const middle = { clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 };
        const growth = distance(now, other) / Math.max(1, distance(before, other));
        zoomBy(growth, fromCentre(middle, frame.current));
        setView((known) => panned(known, (now.x - before.x) / 2, (now.y - before.y) / 2, extent));
      },
      onPointerUp: release,
      onPointerCancel: release,
      onDoubleClick(event) {
        zoomTo(view.zoom > 1 ? 1 : Math.max(2, actual), fromCentre(event, frame.current));
      },
      onKeyDown(event) {
        const move = arrows[event.key];
        if (!move || view.zoom <= 1 || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        setView((known) => panned(known, move.x * ARROW_PX, move.y * ARROW_PX, extent));
      },
    },
  };
}

const arrows: Record<string, { x: number; y: number }> = {
  ArrowLeft: { x: 1, y: 0 },
  ArrowRight: { x: -1, y: 0 },
  ArrowUp: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: -1 },
};

function fromCentre({ clientX, clientY }: { clientX: number; clientY: number }, element: HTMLElement | null): { x: number; y: number } {
  if (!element) return centre;
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
}

function distance(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
