import type { Painting } from "../../../graphql/operations";
import { paintingTexts as texts } from "../../../texts/painting";

/** A source picture that can be shown beside the painting. */
export interface Source {
  /** Name of the choice. */
  title: string;
  /** Name of the picture. */
  name: string;
  url: string;
}

/** The pictures that a painting can be compared with besides its relatives: its photo and its styles. */
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
