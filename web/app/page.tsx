import { Easel } from "../rooms/easel/easel";
import { Gallery } from "../rooms/gallery/gallery";

export default function StudioPage() {
  return (
    <main className="page">
      <h1 className="hidden">A new painting</h1>
      <Easel>
        <Gallery kind="STYLE_TRANSFER" />
      </Easel>
    </main>
  );
}
