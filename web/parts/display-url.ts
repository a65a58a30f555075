/** Widest thumbnail that the server makes, px. */
const WIDEST = 2048;

/** Widest place that shows the thumbnail of a sample, CSS px. */
const SAMPLE_THUMBNAIL = 64;

/**
 * Address of a picture's thumbnail for the page, which every browser shows, also of a TIFF. Samples have one for pickers.
 * Every browser shows frames as they are; `frameUrl` shrinks large ones.
 * @param width the width on the page, CSS px; screens with two pixels for each get twice as many. By default the widest one.
 */
export function displayUrl(url: string, width = WIDEST): string {
  const sample = /^\/samples\/([\w-]+)\.\w+$/.exec(url)?.[1];
  if (sample !== undefined && width <= SAMPLE_THUMBNAIL) return `/samples/small/${sample}.webp`;
  return /^\/images\/[^/?]+$/.test(url) ? `${url}?w=${Math.min(WIDEST, 2 * width)}` : url;
}

/** Address of a frame for a place of `width` CSS px: a thumbnail of a frame that is larger than that. */
export function frameUrl(frame: { url: string; width: number }, width: number): string {
  return frame.width > 2 * width ? `${frame.url}?w=${2 * width}` : frame.url;
}
