"use client";

import { Notice } from "../parts/notice";
import { accessTexts } from "../texts/access";
import { Told } from "./told";

const texts = accessTexts.signIn;

/** The way to the identity provider and back to this page, and why it let nobody in before. */
export function SignIn() {
  const refused = new URLSearchParams(location.search).get("refused") ?? "";
  const reasons: Readonly<Record<string, string>> = texts.refused;
  const { pathname, search, hash } = location;
  const to = refused === "" ? pathname + search + hash : "/";
  return (
    <Told title={texts.title} text={texts.text}>
      {Object.hasOwn(reasons, refused) && <Notice>{reasons[refused]}</Notice>}
      <a className="button primary" href={`/access/sign-in?to=${encodeURIComponent(to)}`}>
        {texts.action}
      </a>
    </Told>
  );
}
