import type { Network } from "../../graphql/operations";
import { liveTexts } from "../../texts/live";

/** The tools for one kind of drawing. */
export interface Pad {
  /** Colour of the empty sheet and of the eraser. */
  sheet: string;
  /** URL of the drawing that a sheet starts with; null for an empty sheet. */
  begins: string | null;
  colours: readonly { title: string; value: string }[];
  /** Widths of the pen, px, the default in the middle. */
  widths: readonly [number, number, number];
  /** Whether colours other than the named ones can be picked. */
  anyColour: boolean;
}

const lines: Pad = {
  sheet: "#ffffff",
  begins: "/samples/line-cat.png",
  colours: [{ title: liveTexts.pad.black, value: "#000000" }],
  widths: [3, 5, 9],
  anyColour: false,
};

/**
 * Areas in the colours of pix2pix's facades, which stand for parts of a house. Cards do not list the colours of other
 * translators of label maps, so any colour can be picked.
 */
const areas: Pad = {
  sheet: "#0006d9",
  begins: null,
  colours: [
    { title: liveTexts.pad.wall, value: "#0d3dfb" },
    { title: liveTexts.pad.window, value: "#0075ff" },
    { title: liveTexts.pad.entrance, value: "#00c9ff" },
    { title: liveTexts.pad.windowHead, value: "#1dffdd" },
    { title: liveTexts.pad.sill, value: "#68f898" },
    { title: liveTexts.pad.balcony, value: "#b8ff38" },
    { title: liveTexts.pad.shutter, value: "#eeed28" },
    { title: liveTexts.pad.trim, value: "#ff9204" },
    { title: liveTexts.pad.cornice, value: "#ff4401" },
    { title: liveTexts.pad.column, value: "#f60001" },
    { title: liveTexts.pad.door, value: "#a50000" },
  ],
  widths: [8, 24, 64],
  anyColour: true,
};

/** The pad for the drawings that a translator takes. */
export function padFor({ takes }: Pick<Network, "takes">): Pad {
  return takes === "LABEL_MAP" ? areas : lines;
}
