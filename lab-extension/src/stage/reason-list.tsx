/** Why a stage is stale, part by part. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import type { Reason, ReasonKind } from "stagebook/protocol";
import { reasonText } from "../ui/texts/stage-text";

/**
 * A row has `name: before → after` where both are known, and otherwise the kernel's text, which is also its tooltip. The label of its
 * kind is added by CSS (`data-kind`): it is not part of text that is copied or searched.
 */
export function ReasonList({
  reasons,
  trans,
}: {
  readonly reasons: readonly Reason[];
  readonly trans: TranslationBundle;
}): ReactElement {
  return (
    <ul className="stagebook-Reasons" aria-label={trans.__("Reasons")}>
      {reasons.map((reason, index) => (
        <ReasonRow key={`${index} ${reason.kind} ${reason.name}`} reason={reason} trans={trans} />
      ))}
    </ul>
  );
}

function ReasonRow({ reason, trans }: { readonly reason: Reason; readonly trans: TranslationBundle }): ReactElement {
  const row = {
    className: "stagebook-Reason",
    "data-reason": reason.name,
    "data-kind": kindLabel(reason.kind, trans),
    title: reason.text,
  };
  if (reason.before === undefined || reason.after === undefined) return <li {...row}>{reasonText(reason)}</li>;
  return (
    <li {...row}>
      <b>{reason.name}</b>: <del>{reason.before}</del> → <ins>{reason.after}</ins>
    </li>
  );
}

/** The label for the kind of a reason or key part; an unknown kind is its own label. */
export function kindLabel(kind: string, trans: TranslationBundle): string {
  const words: { readonly [K in ReasonKind]: string } = {
    new: trans.__("new"),
    param: trans.__("parameter"),
    input: trans.__("input"),
    function: trans.__("code"),
    helper: trans.__("helper"),
    value: trans.__("value"),
    file: trans.__("file"),
    module: trans.__("module"),
    env: trans.__("environment"),
    read: trans.__("read"),
    expired: trans.__("too old"),
    option: trans.__("option"),
    added: trans.__("added"),
    removed: trans.__("removed"),
    failed: trans.__("failed"),
    cancelled: trans.__("cancelled"),
    lost: trans.__("result gone"),
    forced: trans.__("forced"),
    "changed-while-running": trans.__("changed while running"),
    uncacheable: trans.__("not stored"),
    waiting: trans.__("waiting"),
    blocked: trans.__("blocked"),
  };
  return Object.hasOwn(words, kind) ? words[kind as ReasonKind] : kind;
}
