import {
  type NumberRange,
  type Setting,
  type SettingName,
  type StyleTransferSettings,
  styleTransferSettings,
} from "../../server/records/settings";
import { settingTexts } from "../texts/settings";
import { LayerEqualiser } from "./layer-equaliser";
import { NumberControl } from "./number-control";
import { SelectControl } from "./select-control";
import styles from "./setting-control.module.css";

type Value = StyleTransferSettings[SettingName];

interface Props {
  name: SettingName;
  value: Value;
  onChange(value: Value): void;
  /** Limits that hold here instead of the setting's own. */
  range?: Partial<NumberRange>;
  /** Set to leave out the explanation. */
  terse?: boolean;
  /** Set to leave out the slider. */
  exact?: boolean;
  /** Set where each value has its cost: a typed number is then handed on when the field is left or Enter is pressed. */
  unhurried?: boolean;
}

/** The control of one setting, as its kind asks for. */
export function SettingControl({ name, value, onChange, range = {}, terse = false, exact = false, unhurried = false }: Props) {
  const setting: Setting = styleTransferSettings[name];
  const { title, help, symbol, values = {} } = settingTexts[name];
  switch (setting.kind) {
    case "number":
      return (
        <NumberControl
          setting={{ ...setting, ...range, title, symbol, help: terse ? "" : help }}
          slider={setting.scale !== "none" && !exact}
          unhurried={unhurried}
          value={value as number}
          onChange={onChange}
        />
      );
    case "choice":
      return (
        <SelectControl
          title={title}
          options={setting.values.map((choice) => ({ value: choice, title: values[choice] ?? choice }))}
          value={value as string}
          onChange={(choice) => onChange(choice as Value)}
        />
      );
    case "flag":
      return (
        <label className={styles.check}>
          <input type="checkbox" checked={value as boolean} onChange={(event) => onChange(event.target.checked)} />
          <span>
            {title}
            {help && !terse && <small className={styles.help}>{help}</small>}
          </span>
        </label>
      );
    case "layers":
      return <LayerEqualiser layers={value as StyleTransferSettings["styleLayers"]} onChange={onChange} />;
    case "model":
      return null;
  }
}
