import type { Metadata } from "next";
import { OpenRoom } from "../../rooms/open/open-room";
import { accessTexts } from "../../texts/access";

export const metadata: Metadata = accessTexts.open.page;

export default function OpenPage() {
  return <OpenRoom />;
}
