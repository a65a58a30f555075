import type { Network } from "../../graphql/operations";

/** What one kind of drawing is made with. */
export interface Pad {
  /** Colour of the empty sheet, and of what is erased. */
  sheet: string;
  /** Address of the drawing that a sheet begins with; null for an empty one. */
  begins: string | null;
  colours: readonly { title: string; value: string }[];
  /** Of the pen, px, the usual one in the middle. */
  widths: readonly [number, number, number];
  /** Whether colours beside the named ones mean something. */
  anyColour: boolean;
}

const lines: Pad = {
  sheet: "#ffffff",
  begins: "/samples/line-cat.png",
  colours: [{ title: "Black", value: "#000000" }],
  widths: [3, 5, 9],
  anyColour: false,
};

/**
 * Areas in the colours of pix2pix's facades, which stand for parts of a house. No card tells the colours of another
 * translator of label maps: its own may be picked.
 */
const areas: Pad = {
  sheet: "#0006d9",
  begins: null,
  colours: [
    { title: "Wall", value: "#0d3dfb" },
    { title: "Window", value: "#0075ff" },
    { title: "Entrance", value: "#00c9ff" },
    { title: "Window head", value: "#1dffdd" },
    { title: "Sill", value: "#68f898" },
    { title: "Balcony", value: "#b8ff38" },
    { title: "Shutter", value: "#eeed28" },
    { title: "Trim", value: "#ff9204" },
    { title: "Cornice", value: "#ff4401" },
    { title: "Column", value: "#f60001" },
    { title: "Door", value: "#a50000" },
  ],
  widths: [8, 24, 64],
  anyColour: true,
};

/** The pad for what a translator takes. */
export function padFor({ takes }: Pick<Network, "takes">): Pad {
  return takes === "LABEL_MAP" ? areas : lines;
}
