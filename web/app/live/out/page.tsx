import type { Metadata } from "next";
import { Suspense } from "react";
import { OutputRoom } from "../../../rooms/output/output";
import { liveTexts } from "../../../texts/live";

export const metadata: Metadata = liveTexts.output.page;

export default function OutputPage() {
  return (
    <Suspense>
      <OutputRoom />
    </Suspense>
  );
}
