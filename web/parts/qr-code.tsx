import { useEffect, useState } from "react";

interface Props {
  text: string;
  /** What the code opens, for those who cannot see it. */
  label: string;
  className?: string;
}

/** A text as a QR code; nothing until its encoder is loaded, or for a text that is too long for one. */
export function QrCode({ text, label, className }: Props) {
  const code = useQrCode(text);
  if (!code) return null;
  return (
    <svg className={className} viewBox={`-2 -2 ${code.size + 4} ${code.size + 4}`} role="img" aria-label={label}>
      <path d={code.path} />
    </svg>
  );
}

/** A QR code as a path of unit squares; null until its encoder is loaded, or for an address that is too long for one. */
function useQrCode(text: string): { size: number; path: string } | null {
  const [code, setCode] = useState<{ size: number; path: string } | null>(null);
  useEffect(() => {
    let left = false;
    import("uqr")
      .then(({ encode }) => {
        if (left) return;
        const { data, size } = encode(text, { border: 0 });
        setCode({ size, path: data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("") });
      })
      .catch((error: unknown) => console.debug("There is no QR code for this address:", error));
    return () => {
      left = true;
    };
  }, [text]);
  return code;
}
