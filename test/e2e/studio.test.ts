import { studioContract } from "../contracts/studio.js";
import { modelMirror, noMirror } from "../helpers/server.js";
import { describeStudio } from "../helpers/studio.js";

const mirror = modelMirror();
const options = {
  variables: () => ({ ATELIER_MODEL_MIRROR: mirror ?? "" }),
  missing: mirror === null ? noMirror : null,
};

describeStudio("the studio in a browser, with the real server and VGG-19", options, studioContract);
