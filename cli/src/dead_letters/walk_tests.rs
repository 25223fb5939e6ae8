use super::*;
use crate::dead_letters::letter::Subject;
use rstest::rstest;
use std::{cell::RefCell, collections::VecDeque};

/// Messages of a page.
const PAGE: usize = 10;

/// Where a program dies: at this call, before or after its effect.
#[derive(Debug, Clone, Copy)]
struct Death {
    call: usize,
    after: bool,
}

/// Queues in memory: what is visible and what is hidden in the dead-letter queue, and what was sent
/// back. A function may put messages aside again.
#[derive(Default)]
struct Fake {
    visible: RefCell<VecDeque<Letter>>,
    hidden: RefCell<Vec<Letter>>,
    sent: RefCell<Vec<String>>,
    calls: Cell<usize>,
    death: Cell<Option<Death>>,
    /// Whether the function puts each message with a reason aside again at once.
    refuses: bool,
    /// Whether messages are shown again as soon as they were received.
    forgets: bool,
}

fn letter(number: usize, reason: Option<&str>) -> Letter {
    Letter {
        message_id: format!("message-{number}"),
        queue: Source::Delivery,
        sent_at: None,
        reason: reason.map(str::to_owned),
        subject: Subject::default(),
        body: format!("body {number}"),
        receipt: format!("receipt {number}"),
        group: None,
    }
}

impl Fake {
    fn of(letters: impl IntoIterator<Item = Letter>) -> Self {
        Self { visible: RefCell::new(letters.into_iter().collect()), ..Self::default() }
    }

    /// A call; its effect does not come about if the program dies before.
    fn call<T>(&self, effect: impl FnOnce() -> T) -> Result<T, Failure> {
        let call = self.calls.replace(self.calls.get() + 1);
        match self.death.get() {
            Some(death) if call > death.call => Err(Failure::new("dead")),
            Some(death) if call == death.call => {
                if death.after {
                    effect();
                }
                Err(Failure::new("dead"))
            }
            _ => Ok(effect()),
        }
    }

    /// The time hidden is over.
    fn show_all(&self) {
        self.visible.borrow_mut().extend(self.hidden.borrow_mut().drain(..));
    }

    fn sent(&self) -> Vec<String> {
        let mut sent = self.sent.borrow().clone();
        sent.sort_unstable();
        sent
    }
}

impl Queues for Fake {
    async fn receive(&self, _: Source) -> Result<Vec<Letter>, Failure> {
        self.call(|| {
            let mut visible = self.visible.borrow_mut();
            let count = PAGE.min(visible.len());
            let page: Vec<Letter> = visible.drain(..count).collect();
            match self.forgets {
                true => visible.extend(page.iter().cloned()),
                false => self.hidden.borrow_mut().extend(page.iter().cloned()),
            }
            page
        })
    }

    async fn send(&self, letter: &Letter) -> Result<(), Failure> {
        self.call(|| {
            self.sent.borrow_mut().push(letter.body.clone());
            if self.refuses && letter.reason.is_some() {
                let message_id = format!("{}-again", letter.message_id);
                self.visible.borrow_mut().push_back(Letter { message_id, ..letter.clone() });
            }
        })
    }

    async fn delete(&self, letter: &Letter) -> Result<(), Failure> {
        self.call(|| self.hidden.borrow_mut().retain(|it| it.message_id != letter.message_id))
    }

    async fn give_back(&self, _: Source, receipts: Vec<String>) {
        let _ = self.call(|| {
            let mut hidden = self.hidden.borrow_mut();
            let is_given = |it: &Letter| receipts.contains(&it.receipt);
            let (given, kept): (Vec<_>, Vec<_>) = hidden.drain(..).partition(is_given);
            self.visible.borrow_mut().extend(given);
            hidden.extend(kept);
        });
    }
}

/// What was seen, in its order.
#[derive(Default)]
struct Notes {
    seen: Vec<(String, Fate)>,
    /// How much is enough.
    most: Option<usize>,
}

impl Observer for Notes {
    fn see(&mut self, letter: &Letter, fate: Fate) -> Result<ControlFlow<()>, Failure> {
        self.seen.push((letter.message_id.clone(), fate));
        let is_enough = self.most.is_some_and(|most| self.seen.len() >= most);
        Ok(if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn progress(&mut self, _: Source, _: usize) -> Result<(), Failure> {
        Ok(())
    }
}

impl Notes {
    fn count(&self, fate: Fate) -> usize {
        self.seen.iter().filter(|(_, it)| *it == fate).count()
    }
}

async fn walk(
    queues: &Fake,
    selection: &Selection,
    task: Task,
    notes: &mut Notes,
) -> Result<(), Failure> {
    let stop = Cell::new(false);
    Walk { queues, queue: Source::Delivery, selection, task, stop: &stop }.run(notes).await
}

const ONLY_WITHOUT: Task = Task::Redrive { with_reason: false };
const ALL: Task = Task::Redrive { with_reason: true };

#[rstest]
#[case::listed(Task::List, &[], 2)]
#[case::only_without_a_reason(ONLY_WITHOUT, &["body 1"], 1)]
#[case::all(ALL, &["body 1", "body 2"], 0)]
#[tokio::test]
async fn messages_with_a_reason_go_back_only_if_that_is_asked_for(
    #[case] task: Task,
    #[case] sent: &[&str],
    #[case] left: usize,
) {
    let queues = Fake::of([letter(1, None), letter(2, Some("not JSON"))]);
    let mut notes = Notes::default();
    walk(&queues, &Selection::default(), task, &mut notes).await.expect("walked");
    assert_eq!(queues.sent(), sent);
    assert_eq!((notes.count(Fate::SentBack), notes.count(Fate::Left)), (sent.len(), left));
    assert!(queues.hidden.borrow().is_empty(), "what is left was given back");
    assert_eq!(queues.visible.borrow().len(), left);
}

#[rstest]
#[case::by_its_id(Selection { messages: vec!["message-2".into()], ..Selection::default() })]
#[case::by_its_reason(Selection { reason: Some("JSON".into()), ..Selection::default() })]
#[tokio::test]
async fn a_message_that_is_named_goes_back_with_its_reason(#[case] selection: Selection) {
    let queues = Fake::of([letter(1, None), letter(2, Some("not JSON")), letter(3, Some("other"))]);
    let mut notes = Notes::default();
    walk(&queues, &selection, ONLY_WITHOUT, &mut notes).await.expect("walked");
    assert_eq!(queues.sent(), ["body 2"]);
    assert_eq!(
        notes.seen,
        [("message-2".to_owned(), Fate::SentBack)],
        "the others are passed over"
    );
    assert_eq!(queues.visible.borrow().len(), 2);
}

#[tokio::test]
async fn a_message_that_comes_back_with_its_reason_is_left_the_second_time() {
    let queues = Fake { refuses: true, ..Fake::of((0..25).map(|it| letter(it, Some("not JSON")))) };
    let mut notes = Notes::default();
    walk(&queues, &Selection::default(), ALL, &mut notes).await.expect("it ends");
    assert_eq!((notes.count(Fate::SentBack), notes.count(Fate::Left)), (25, 25));
    assert_eq!(queues.sent().len(), 25, "each was sent back once");
}

#[tokio::test]
async fn messages_that_are_alike_and_have_no_reason_are_two() {
    let twin = Letter { message_id: "message-2".to_owned(), ..letter(1, None) };
    let queues = Fake::of([letter(1, None), twin]);
    walk(&queues, &Selection::default(), ALL, &mut Notes::default()).await.expect("walked");
    assert_eq!(queues.sent(), ["body 1", "body 1"]);
}

#[tokio::test]
async fn a_queue_that_shows_the_same_messages_again_ends() {
    let queues = Fake { forgets: true, ..Fake::of((0..95).map(|it| letter(it, Some("x")))) };
    let mut notes = Notes::default();
    walk(&queues, &Selection::default(), Task::List, &mut notes).await.expect("it ends");
    assert_eq!(notes.seen.len(), 95, "each is seen once");
}

#[tokio::test]
async fn an_observer_that_has_seen_enough_ends_it_and_all_is_given_back() {
    let queues = Fake::of((0..50).map(|it| letter(it, None)));
    let mut notes = Notes { most: Some(13), ..Notes::default() };
    walk(&queues, &Selection::default(), Task::List, &mut notes).await.expect("walked");
    assert_eq!(notes.seen.len(), 13);
    assert_eq!(queues.visible.borrow().len(), 50);
}

#[tokio::test]
async fn it_ends_between_two_pages_if_somebody_wants_that() {
    let queues = Fake::of((0..50).map(|it| letter(it, None)));
    let (stop, selection) = (Cell::new(true), Selection::default());
    let task = ONLY_WITHOUT;
    let walk =
        Walk { queues: &queues, queue: Source::Delivery, selection: &selection, task, stop: &stop };
    walk.run(&mut Notes::default()).await.expect("ended");
    assert_eq!((queues.sent().len(), queues.visible.borrow().len()), (0, 50));
}

/// Whatever call the program dies at, before or after its effect: a second run finishes, every message
/// was sent back at least once, and none is left or was sent more than twice.
#[tokio::test]
async fn a_program_that_dies_at_any_call_loses_no_message() {
    const MESSAGES: usize = 23;
    let mut deaths = 0;
    for (call, after) in (0..).flat_map(|call| [(call, false), (call, true)]) {
        let queues = Fake::of((0..MESSAGES).map(|it| letter(it, None)));
        queues.death.set(Some(Death { call, after }));
        let mut notes = Notes::default();
        let died = walk(&queues, &Selection::default(), ONLY_WITHOUT, &mut notes).await.is_err();
        queues.death.set(None);
        queues.show_all();
        walk(&queues, &Selection::default(), ONLY_WITHOUT, &mut Notes::default())
            .await
            .expect("the second run");
        let sent = queues.sent();
        for number in 0..MESSAGES {
            let copies = sent.iter().filter(|it| **it == format!("body {number}")).count();
            assert!((1..=2).contains(&copies), "{copies} of {number}, died at {call} {after}");
        }
        assert!(queues.visible.borrow().is_empty() && queues.hidden.borrow().is_empty());
        if !died {
            // Giving back is the last call, and may fail.
            break;
        }
        deaths += 1;
    }
    assert!(deaths > 2 * MESSAGES, "it died at each send and each delete: {deaths}");
}
