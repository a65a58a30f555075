import { AtelierError } from "../errors.js";
import type { OpenFeatureNetwork } from "./feature-network.js";
import { openVgg19 } from "./vgg19.js";
import { openVgg19Lite } from "./vgg19-lite.js";

/** Opens a feature network of any architecture that measures pictures. */
export const openFeatureNetwork: OpenFeatureNetwork = async ({ id, path, architecture }) => {
  if (architecture.family === "vgg19") return openVgg19(id, path);
  if (architecture.family === "vgg19-lite") return openVgg19Lite(id, path, architecture);
  throw new AtelierError("BAD_INPUT", `The model ${id} is no feature network.`, { field: "model", limit: "FEATURES" });
};
