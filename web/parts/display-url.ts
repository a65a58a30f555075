/** Widest thumbnail that the server makes, px. */
const WIDEST = 2048;

/**
 * Address of a picture's thumbnail for the page, which every browser shows, also of a TIFF. Only uploads need them:
 * samples and frames are small, and every browser shows them.
 * @param width the width on the page, CSS px; screens with two pixels for each get twice as many. By default the widest one.
 */
export function displayUrl(url: string, width = WIDEST): string {
  return /^\/images\/[^/?]+$/.test(url) ? `${url}?w=${Math.min(WIDEST, 2 * width)}` : url;
}
