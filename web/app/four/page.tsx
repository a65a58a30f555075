import type { Metadata } from "next";
import { Suspense } from "react";
import { FourRoom } from "../../rooms/four/four";
import { fourTexts } from "../../texts/four";

export const metadata: Metadata = fourTexts.page;

export default function FourPage() {
  return (
    <Suspense>
      <FourRoom />
    </Suspense>
  );
}
