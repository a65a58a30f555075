import { type ComponentProps, useEffect, useState } from "react";

/** Time before a picture is asked for again, ms; it doubles up to the longest one. */
const AGAIN_AFTER_MS = 3_000;
const LONGEST_MS = 60_000;

/**
 * A picture of an address that never changes. One that cannot be loaded, as while the server or its database is away, is asked
 * for again. Without `alt` it is decorative: what it shows is said elsewhere.
 */
export function LastingImage({ src, alt = "", ...others }: Omit<ComponentProps<"img">, "src" | "onError"> & { src: string }) {
  const [failed, setFailed] = useState<{ src: string; times: number; image: HTMLImageElement } | null>(null);
  useEffect(() => {
    if (failed === null || failed.src !== src) return;
    const timer = setTimeout(
      () => {
        // The same address once more makes a browser load it anew.
        failed.image.src = src;
      },
      Math.min(LONGEST_MS, AGAIN_AFTER_MS * 2 ** (failed.times - 1)),
    );
    return () => clearTimeout(timer);
  }, [failed, src]);
  return (
    // biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable.
    <img
      {...others}
      src={src}
      alt={alt}
      onError={({ currentTarget: image }) => setFailed((last) => ({ src, times: last?.src === src ? last.times + 1 : 1, image }))}
    />
  );
}
