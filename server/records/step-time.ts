/** How long one step of a style transfer takes at a size, as a device was measured. */
export interface StepTime {
  /** Width times height of the picture, px. */
  pixels: number;
  /** Time to compute a step at best, ms. */
  fastestMs: number;
  /** Time from one picture to the next where other work holds it up, such as the encoding of pictures, ms. */
  slowestMs: number;
}
