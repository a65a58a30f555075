import type { Metadata } from "next";
import { Suspense } from "react";
import { Kiosk } from "../../rooms/kiosk/kiosk";
import { Recovering } from "../../rooms/kiosk/recovering";
import { kioskTexts } from "../../texts/kiosk";

export const metadata: Metadata = kioskTexts.page;

export default function KioskPage() {
  return (
    <Recovering>
      <Suspense>
        <Kiosk />
      </Suspense>
    </Recovering>
  );
}
