import type { Painting } from "../../../graphql/operations";
import { paintingTexts as texts } from "../../../texts/painting";

/** A picture that the painting was made from, to lay beside it. */
export interface Source {
  /** What the choice is called. */
  title: string;
  /** What the picture is called. */
  name: string;
  url: string;
}

/** What a painting may be compared with besides its relatives: its photo, its styles. */
export function sourcesOf({ content, styles }: Pick<Painting, "content" | "styles">): Source[] {
  return [
    { title: texts.beside.photo, name: texts.beside.nameOfPhoto, url: content.url },
    ...styles.map(({ image }, at) => ({
      title: texts.beside.style(at + 1, styles.length),
      name: texts.beside.nameOfStyle,
      url: image.url,
    })),
  ];
}
