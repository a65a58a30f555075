/** Most paintings on the page. */
export const MOST = 4;

/** The address of the page with these paintings, from left to right. */
export function compareHref(ids: readonly string[]): string {
  return `/compare?ids=${ids.join(",")}`;
}
