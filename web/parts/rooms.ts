/** The studio's rooms, in the order in which the masthead names them. */
export const rooms = [
  { href: "/", name: "Paint" },
  { href: "/translate", name: "Translate" },
  { href: "/live", name: "Live" },
  { href: "/layers", name: "Layers" },
  { href: "/gallery", name: "Gallery" },
  { href: "/models", name: "Models" },
] as const;
