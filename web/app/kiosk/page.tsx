import type { Metadata } from "next";
import { Suspense } from "react";
import { Kiosk } from "../../rooms/kiosk/kiosk";
import { Recovering } from "../../rooms/kiosk/recovering";
import { kioskPage } from "../../texts/kiosk/set-up";

export const metadata: Metadata = kioskPage;

export default function KioskPage() {
  return (
    <Recovering>
      <Suspense>
        <Kiosk />
      </Suspense>
    </Recovering>
  );
}
