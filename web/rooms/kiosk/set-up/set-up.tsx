"use client";

import { useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { styleTransferSettings } from "../../../../server/records/settings";
import { NumberControl } from "../../../parts/number-control";
import { SelectControl } from "../../../parts/select-control";
import { useServer } from "../../../parts/use-server";
import workbench from "../../../parts/workbench.module.css";
import { languages } from "../../../texts/kiosk/languages";
import { setUpTexts as texts } from "../../../texts/kiosk/set-up";
import { languageNamed } from "../language";
import { type KioskSetUp, kioskHours, kioskQuery, kioskSeconds, kioskSetUp, usualSetUp } from "../options";
import { Address } from "./address";
import { Check } from "./check";
import { PhonesField } from "./phones-field";
import { PictureGroup } from "./picture-group";
import { Preview } from "./preview";
import styles from "./set-up.module.css";

/** Chooses what a kiosk shows, and gives its address. The page's own address holds the same, so that a reload loses nothing. */
export function SetUp() {
  const query = useSearchParams().toString();
  const [chosen, setChosen] = useState(() => kioskSetUp(new URLSearchParams(query)));
  const maxSize = useServer()?.maxSize ?? styleTransferSettings.size.max;
  const setUp = { ...chosen, size: chosen.size !== null && chosen.size > maxSize ? null : chosen.size };
  const change = (part: Partial<KioskSetUp>) => setChosen((known) => ({ ...known, ...part }));
  const address = kioskQuery(setUp);

  useEffect(() => {
    history.replaceState(null, "", address === "" ? location.pathname : `${location.pathname}?${address}`);
  }, [address]);

  return (
    <div className={`${workbench.workbench} ${styles.bench}`}>
      <div className={workbench.pictures}>
        <PictureGroup
          title={texts.photos}
          help={texts.photosHelp}
          name={texts.photo}
          samples={usualSetUp.photos}
          chosen={setUp.photos}
          onChange={(update) => setChosen((known) => ({ ...known, photos: update(known.photos) }))}
        />
        <PictureGroup
          title={texts.styles}
          help={texts.stylesHelp}
          name={texts.style}
          samples={usualSetUp.styles}
          chosen={setUp.styles}
          onChange={(update) => setChosen((known) => ({ ...known, styles: update(known.styles) }))}
        />
      </div>
      <div className={workbench.settings}>
        <NumberControl
          setting={{ ...styleTransferSettings.size, ...texts.size, max: maxSize }}
          value={setUp.size ?? styleTransferSettings.size.default}
          // The usual size is left to the server, which paints a panorama larger.
          onChange={(size) => change({ size: size === styleTransferSettings.size.default ? null : size })}
        />
        <NumberControl
          setting={{ ...styleTransferSettings.steps, ...texts.steps }}
          value={setUp.steps}
          onChange={(steps) => change({ steps })}
        />
        <NumberControl
          setting={{ ...duration, ...texts.seconds, default: usualSetUp.seconds }}
          value={setUp.seconds}
          onChange={(seconds) => change({ seconds })}
        />
        <Check {...texts.camera} checked={setUp.camera} onChange={(camera) => change({ camera })} />
        {setUp.camera && (
          <NumberControl
            setting={{ ...duration, ...texts.idle, default: usualSetUp.idle }}
            value={setUp.idle}
            onChange={(idle) => change({ idle })}
          />
        )}
        {setUp.camera && (
          <>
            <NumberControl
              setting={{ ...kioskHours, ...texts.hours, integer: true, scale: "linear", default: usualSetUp.hours }}
              slider={false}
              value={setUp.hours}
              onChange={(hours) => change({ hours })}
            />
            {setUp.hours > 0 && <PhonesField value={setUp.phones} onChange={(phones) => change({ phones })} />}
          </>
        )}
        <Check {...texts.keep} checked={setUp.keep} onChange={(keep) => change({ keep })} />
        <SelectControl
          title={texts.language}
          options={[{ value: "", title: texts.browserLanguage }, ...languages.map(({ tag, name }) => ({ value: tag, title: name }))]}
          value={setUp.language ?? ""}
          onChange={(tag) => change({ language: languageNamed(tag) })}
        />
        <Address query={address} />
      </div>
      <div className={workbench.below}>
        <Preview setUp={setUp} />
      </div>
    </div>
  );
}

const duration = { ...kioskSeconds, integer: true, scale: "logarithmic" } as const;
