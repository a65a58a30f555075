/** What a picture must be to be uploaded; those of GraphQL stand in api/limits.ts, those of settings in art/settings.ts. */
export const pictureLimits = {
  maxUploadBytes: 25_000_000,
  maxImagePixels: 50_000_000,
  /** Of either side, px: the deepest layer of VGG-19 still sees one value. */
  minImageSide: 16,
} as const;
