import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { instant, personScope } from "../../sync/ids.ts";
import type { RecordID } from "../../sync/ids.ts";
import type { Shown } from "../../sync/record.ts";
import { useAround, useView } from "../context.ts";
import { editOf, opened } from "../edits/edit.ts";
import { Acts, Button } from "../parts/button.tsx";
import { Await, Screen } from "../parts/screen.tsx";
import { Banner, Empty, More } from "../parts/show.tsx";
import { href } from "../route.ts";
import { text } from "../views/read.ts";
import { w } from "../words.ts";
import { useSaying, useWriting } from "./write.ts";

/** The page where a person answers, to be scanned from this screen. The link itself is in no view and no address unless somebody asks for it. */
export function ShowPage({ person }: { readonly person: RecordID }): JSX.Element {
  const { remote } = useAround(), back = href("person", { person });
  return (
    <Await seen={useView("person", personScope(person))} heading={w.titles.page} again={remote.refresh}>
      {({ row, reminding: { page } }) => (
        <Screen heading={w.page.heading(row.name)} back={back}>
          {page === undefined ? <Empty icon="share" title={w.page.none.title}><p>{w.page.none.text}</p></Empty>
            : <Here key={page.id} page={page} back={back} />}
        </Screen>
      )}
    </Await>
  );
}

const linkOf = (page: Shown): string => `${location.origin}/r/${encodeURIComponent(text(page, "token")!)}`;

function Here({ page, back }: { readonly page: Shown; readonly back: string }): JSX.Element {
  return (
    <>
      <p>{w.page.how}</p>
      <Code text={linkOf(page)} />
      <p class="soft">{w.page.bright}</p>
      <More label={w.page.link}><p class="soft">{w.page.linkHint}</p><p class="link-shown">{linkOf(page)}</p></More>
      <End page={page} back={back} />
    </>
  );
}

/** Dark on white with room around it, whatever the colours of the app: cameras want it so. */
function Code({ text: of }: { readonly text: string }): JSX.Element {
  const drawn = useSignal<{ readonly size: number; readonly path: string } | "coming" | "failed">("coming");
  useEffect(() => { import("./code.ts").then(({ codeOf }) => { drawn.value = codeOf(of); }).catch(() => { drawn.value = "failed"; }); }, [of]);
  const code = drawn.value;
  if (code === "coming") return <p class="soft" role="status">{w.loading}</p>;
  if (code === "failed") return <Banner tone="stop" icon="alert"><p>{w.page.failed}</p></Banner>;
  return <svg class="qr" role="img" aria-label={w.page.code} viewBox={`0 0 ${code.size} ${code.size}`} shape-rendering="crispEdges"><rect width="100%" height="100%" /><path d={code.path} /></svg>;
}

/** Somebody has the link who should not: it is asked for twice, and cannot be taken back. */
function End({ page, back }: { readonly page: Shown; readonly back: string }): JSX.Element {
  const { router } = useAround(), say = useSaying(), writing = useWriting(), asked = useSignal(false);
  const end = (): void => {
    const edit = editOf(opened(page), { ended_at: instant(Date.now()) });
    writing.write(edit ? [edit] : []).then((saved) => {
      if (!saved) return;
      say(w.page.ended, []);
      router.back(back);
    }, () => undefined);
  };
  return (
    <section class="removal">
      {asked.value ? (
        <Banner tone="stop" icon="bin">
          <p>{w.page.endHint}</p>
          <Acts><Button look="danger" busy={writing.busy.value} onClick={end}>{w.page.end}</Button><Button onClick={() => { asked.value = false; }}>{w.form.cancel}</Button></Acts>
          {writing.trouble.value && <p class="error" role="alert">{writing.trouble.value}</p>}
        </Banner>
      ) : <Button look="quiet" icon="bin" onClick={() => { asked.value = true; }}>{w.page.end}</Button>}
    </section>
  );
}
