import Link from "next/link";
import { studioTexts as texts } from "../texts/studio";

export default function NotFound() {
  return (
    <main className="page">
      <h1>{texts.noPage}</h1>
      <Link href="/">{texts.toStudio}</Link>
    </main>
  );
}
