import { type ReactNode, useRef } from "react";
import { useZoom, type ViewState } from "../parts/zoom/use-zoom";
import type { Extent } from "../parts/zoom/zoom";
import { ZoomWindow } from "../parts/zoom/zoom-window";
import { sideTexts as texts } from "../texts/side-by-side";
import { commonRange } from "./use-common-view";

interface Props {
  /** Size of the finished picture, px. */
  picture: Extent;
  title: string;
  /** The view that all pictures have in common. */
  view: ViewState;
  children: ReactNode;
}

/** One of several pictures that are zoomed and moved together. */
export function ZoomedPicture({ picture, title, view, children }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const zoom = useZoom(frame, picture, view, commonRange);
  return (
    <ZoomWindow frame={frame} zoom={zoom} label={texts.window(title)}>
      {children}
    </ZoomWindow>
  );
}
