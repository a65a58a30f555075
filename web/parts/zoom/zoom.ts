/**
 * A view of a picture: its size relative to its frame, and the distance of its centre from the frame's, in the unit in
 * which the frame is measured.
 */
export interface View {
  zoom: number;
  x: number;
  y: number;
}

/** Width and height, px unless another unit is named. */
export interface Extent {
  width: number;
  height: number;
}

/** A frame measured in itself: views in it suit frames of every size, so that several pictures can share one. */
export const wholeFrame: Extent = { width: 1, height: 1 };

/** Least and greatest zoom. */
export interface ZoomRange {
  least: number;
  most: number;
}

export const fitted: View = { zoom: 1, x: 0, y: 0 };

/** Largest size of a picture's pixel, CSS pixels. */
const LARGEST_PIXEL = 12;

/** The zoom at which a pixel of the picture covers one pixel of the screen. */
export function actualZoom(picture: Extent, frame: Extent, pixelRatio: number): number {
  return picture.width / (frame.width * pixelRatio);
}

/** Least and greatest zoom; the range includes the whole picture and its actual size. */
export function zoomRange(picture: Extent, frame: Extent, pixelRatio: number): ZoomRange {
  const actual = actualZoom(picture, frame, pixelRatio);
  return { least: Math.min(1, actual), most: Math.max(1, LARGEST_PIXEL * actual) };
}

/** The view at another zoom, within the range; the spot under `point` (distance from the frame's centre) stays in place. */
export function zoomedAt(view: View, zoom: number, point: { x: number; y: number }, frame: Extent, range: ZoomRange): View {
  const next = Math.min(range.most, Math.max(range.least, zoom));
  const factor = next / view.zoom;
  return within({ zoom: next, x: point.x - (point.x - view.x) * factor, y: point.y - (point.y - view.y) * factor }, frame);
}

/** The view moved by a distance, up to the picture's edge. */
export function panned(view: View, dx: number, dy: number, frame: Extent): View {
  return within({ ...view, x: view.x + dx, y: view.y + dy }, frame);
}

/** The view without margins in the frame, unless the picture is smaller than the frame. */
function within({ zoom, x, y }: View, { width, height }: Extent): View {
  const most = (side: number) => (Math.max(0, zoom - 1) * side) / 2;
  return { zoom, x: clamp(x, most(width)), y: clamp(y, most(height)) };
}

function clamp(value: number, most: number): number {
  // Adding 0 turns -0 into 0.
  return Math.min(most, Math.max(-most, value)) + 0;
}
