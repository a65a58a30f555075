import { type AtelierError, badInput } from "../errors.js";
import { fitLongerSide, type PictureSize, planScales } from "../records/scales.js";
import { type LayerWeight, MIN_PICTURE_SIDE, type StyleTransferSettings } from "../records/settings.js";
import type { SessionModel } from "./models.js";

/** A picture of a style transfer, with the layers that need a value for it. */
export interface PictureUse {
  /** Path of the input in errors. */
  field: string;
  image: PictureSize;
  layers: readonly LayerWeight[];
}

/** Settings from which the scales of a style transfer follow. */
type ScaleSettings = Pick<StyleTransferSettings, "size" | "scales" | "steps">;

/** A picture whose shorter side must have `needed` px, because `reader` has no value for less. */
interface PictureNeed extends PictureUse {
  needed: number;
  reader: string;
}

/** A picture that is too narrow: with `longerSide` px, its shorter side has only `side` px. */
interface NarrowPicture extends PictureNeed {
  longerSide: number;
  side: number;
}

/** Longer side of the pictures at the coarsest scale that is painted, px; `pictures` are the content and first styles. */
export function coarsestSize({ size, scales, steps }: ScaleSettings, pictures: readonly PictureSize[]): number {
  const [coarsest] = planScales(size, scales, steps, pictures);
  return coarsest!.size;
}

/**
 * The smallest size of a style transfer, from `asked.size` on, at which its layers have a value for all its pictures.
 * `settingsAt` returns the settings that another size would have. Only a size that `mayGrow` is replaced by a larger one.
 * @throws AtelierError BAD_INPUT, which names the size that works; without one, the length to crop the picture to.
 */
export function sizeThatWorks(
  uses: readonly PictureUse[],
  model: SessionModel,
  settingsAt: (size: number) => ScaleSettings,
  asked: { size: number; mayGrow: boolean; maxSize: number },
): number {
  const pictures = uses.map(({ image }) => image);
  const needs = needsOf(uses, model);
  const narrowestAt = (size: number) => narrowest(needs, coarsestSize(settingsAt(size), pictures));
  const refused = narrowestAt(asked.size);
  if (!refused) return asked.size;

  let size = asked.size + 1;
  while (size <= asked.maxSize && narrowestAt(size)) size++;
  if (size > asked.maxSize) {
    throw croppable(narrowestAt(asked.maxSize) ?? refused, ` No size up to ${asked.maxSize} is large enough.`);
  }
  if (asked.mayGrow) return size;
  throw badInput(refused.field, `${describe(refused)} The smallest size that works is ${size}.`, size, { min: size, unit: "px" });
}

/**
 * Requires that the style layers have a value for the pictures after a change, with `longerSide` px. `pictures` and
 * `layers` are those in force then; the fields are null where the change brings no layers or no styles.
 * @throws AtelierError BAD_INPUT, which names the layers that work with the kept pictures, or the length to crop a new
 * style to.
 */
export function requireWideEnough(
  { layersField, styleField }: { layersField: string | null; styleField: ((index: number) => string) | null },
  { content, styles }: { content: PictureSize; styles: readonly PictureSize[] },
  layers: readonly LayerWeight[],
  longerSide: number,
  model: SessionModel,
): void {
  const kept = layersField === null ? [] : [content, ...(styleField ? [] : styles)].map((image) => ({ field: layersField, image, layers }));
  const refused = narrowest(needsOf(kept, model), longerSide);
  if (refused) {
    const allowed = model.layers.filter(({ minimumSide }) => minimumSide <= refused.side).map(({ name }) => name);
    const names = allowed.join(", ");
    throw badInput(refused.field, `${describe(refused)} Layers that work are ${names}.`, names, { allowed });
  }
  const brought = styleField ? styles.map((image, index) => ({ field: styleField(index), image, layers })) : [];
  const narrowStyle = narrowest(needsOf(brought, model), longerSide);
  if (narrowStyle) throw croppable(narrowStyle);
}

function needsOf(uses: readonly PictureUse[], model: SessionModel): PictureNeed[] {
  return uses.map((use) => {
    const names = new Set(use.layers.map(({ layer }) => layer));
    const readers = [{ name: "total variation", minimumSide: MIN_PICTURE_SIDE }, ...model.layers.filter(({ name }) => names.has(name))];
    const { name: reader, minimumSide: needed } = readers.reduce((most, one) => (one.minimumSide > most.minimumSide ? one : most));
    return { ...use, needed, reader };
  });
}

/** The picture that lacks the largest share of the side it needs; null when all are wide enough. */
function narrowest(needs: readonly PictureNeed[], longerSide: number): NarrowPicture | null {
  return needs
    .map((need) => ({ ...need, longerSide, side: shorterSide(fitLongerSide(need.image, longerSide)) }))
    .reduce<NarrowPicture | null>((most, one) => {
      if (one.side >= one.needed) return most;
      return most && most.side / most.needed <= one.side / one.needed ? most : one;
    }, null);
}

/** The refusal of a picture that the client may crop. */
function croppable(refused: NarrowPicture, reason = ""): AtelierError {
  const { field, image, longerSide, needed } = refused;
  let length = Math.max(image.width, image.height);
  const height = shorterSide(image);
  const isWide = () => shorterSide(fitLongerSide({ width: length, height }, longerSide)) >= needed;
  while (length > height && !isWide()) length--;
  if (!isWide())
    return badInput(field, `${describe(refused)}${reason} Fewer scales or shallower layers need less.`, needed, {
      min: needed,
      unit: "px",
    });
  const message = `${describe(refused)}${reason} Crop the longer side of the picture to at most ${length} px.`;
  return badInput(field, message, length, { max: length, unit: "px" });
}

function describe({ image, longerSide, side, needed, reader }: NarrowPicture): string {
  const { width, height } = image;
  return `At ${longerSide} px, the picture of ${width} x ${height} px has ${side} px on its shorter side; ${reader} needs ${needed}.`;
}

function shorterSide({ width, height }: PictureSize): number {
  return Math.min(width, height);
}
