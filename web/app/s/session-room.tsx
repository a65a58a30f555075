"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { PaintingRoom } from "../../rooms/painting/painting";

/** The session that the address names, as `/s?id=<id>` or `/s/<id>`. */
export function SessionRoom() {
  const fromQuery = useSearchParams().get("id");
  const fromPath = /^\/s\/([^/]+)/.exec(usePathname())?.[1];
  const id = fromQuery ?? decodeURIComponent(fromPath ?? "");
  return <PaintingRoom key={id} id={id} />;
}
