import type { InitialImage, LayerWeight, OptimizerKind, StyleTransferNumber } from "../records/settings.js";

type Optional<T> = { [Key in keyof T]?: T[Key] | null };

/** What a client asks of a style transfer. A setting that is left out or null gets its default. */
export interface StyleTransferInput
  extends Optional<Record<StyleTransferNumber, number>>,
    Optional<{
      title: string;
      contentLayers: LayerWeight[];
      styleLayers: LayerWeight[];
      optimizer: OptimizerKind;
      initialImage: InitialImage;
      preserveColors: boolean;
      model: string;
    }> {
  contentId: string;
  styles: { imageId: string; weight?: number | null }[];
}
