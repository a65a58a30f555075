import { Easel } from "../rooms/easel/easel";
import { Gallery } from "../rooms/gallery/gallery";
import { easelTexts as texts } from "../texts/easel";

export default function StudioPage() {
  return (
    <main className="page">
      <h1 className="hidden">{texts.heading}</h1>
      <Easel>
        <Gallery kind="STYLE_TRANSFER" />
      </Easel>
    </main>
  );
}
