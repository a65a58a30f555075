import {
  type Dispatch,
  type KeyboardEvent,
  type PointerEvent,
  type RefObject,
  type SetStateAction,
  useEffect,
  useRef,
  useState,
} from "react";
import { actualZoom, type Extent, fitted, panned, type View, wholeFrame, type ZoomRange, zoomedAt, zoomRange } from "./zoom";

/** Zoom factor of one press. */
export const ZOOM_STEP = 1.5;
const ARROW_PX = 40;

/** A view in shares of its frame, and the function that changes it. Frames that have the same one move together. */
export type ViewState = readonly [View, Dispatch<SetStateAction<View>>];

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

/**
 * Zooming and panning within a frame by wheel, trackpad pinch, one or two pointers, or keys. Without a range it follows
 * from the size of the picture, px.
 */
export function useZoom(
  frame: RefObject<HTMLElement | null>,
  picture: Extent,
  [view, setView]: ViewState,
  givenRange?: ZoomRange,
): Zooming {
  const [extent, setExtent] = useState<Extent & { pixelRatio: number }>({ width: 1, height: 1, pixelRatio: 1 });
  const pointers = useRef(new Map<number, { x: number; y: number }>());
  const range = givenRange ?? zoomRange(picture, extent, extent.pixelRatio);
  const actual = actualZoom(picture, extent, extent.pixelRatio);

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element;
      setExtent({ width: Math.max(1, width), height: Math.max(1, height), pixelRatio: window.devicePixelRatio });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);

  const zoomBy = (factor: number, point = centre) => setView((known) => zoomedAt(known, known.zoom * factor, point, wholeFrame, range));
  const zoomTo = (zoom: number, point = centre) => setView((known) => zoomedAt(known, zoom, point, wholeFrame, range));
  const moveBy = (x: number, y: number) => setView((known) => panned(known, x / extent.width, y / extent.height, wholeFrame));

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
    zoomIn: () => zoomBy(ZOOM_STEP),
    zoomOut: () => zoomBy(1 / ZOOM_STEP),
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
        if (!other) return moveBy(now.x - before.x, now.y - before.y);
        const middle = { clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 };
        const growth = distance(now, other) / Math.max(1, distance(before, other));
        zoomBy(growth, fromCentre(middle, frame.current));
        moveBy((now.x - before.x) / 2, (now.y - before.y) / 2);
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
        moveBy(move.x * ARROW_PX, move.y * ARROW_PX);
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

/** A point's distance from the centre of the frame, in shares of the frame. */
function fromCentre({ clientX, clientY }: { clientX: number; clientY: number }, element: HTMLElement | null): { x: number; y: number } {
  if (!element) return centre;
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: (clientX - left) / Math.max(1, width) - 0.5, y: (clientY - top) / Math.max(1, height) - 0.5 };
}

function distance(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
