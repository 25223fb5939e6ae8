use super::*;
use crate::clock::VISIBILITY_TIMEOUT;

#[test]
fn a_message_comes_when_it_is_due_and_again_until_it_is_acknowledged() {
    let clock = ManualClock::new();
    let queue = MemoryQueue::new(clock.clone(), "message");
    queue.send("a", "g", Duration::from_secs(5));
    assert!(queue.receive(10).is_empty());
    clock.advance(Duration::from_secs(5));
    let received = queue.receive(10);
    assert_eq!((received.len(), received[0].receptions), (1, 1));
    assert!(queue.receive(10).is_empty());
    clock.advance(VISIBILITY_TIMEOUT);
    assert_eq!(queue.receive(10)[0].receptions, 2);
    queue.acknowledge(&received[0].id);
    assert!(queue.messages().is_empty());
}

#[test]
fn a_message_that_is_received_too_often_is_put_aside() {
    let queue = MemoryQueue::new(ManualClock::new(), "message");
    queue.send("a", "", Duration::ZERO);
    for _ in 0..MAX_RECEIVES {
        let received = queue.receive(1);
        assert_eq!(received.len(), 1);
        queue.give_back(&received[0].id);
    }
    assert!(queue.receive(1).is_empty());
    assert_eq!(queue.exhausted().len(), 1);
    assert_eq!(queue.redrive(), 1);
    assert!(queue.exhausted().is_empty());
    assert_eq!(queue.receive(1)[0].receptions, 1);
}

#[test]
fn only_what_is_chosen_is_received() {
    let queue = MemoryQueue::new(ManualClock::new(), "message");
    for body in ["a", "b", "c"] {
        queue.send(body, "", Duration::ZERO);
    }
    let chosen = queue.receive_where(1, |message| message.body != "a");
    assert_eq!(chosen[0].body, "b");
    assert_eq!(queue.count(|message| message.receptions == 0), 2);
}

#[test]
fn what_is_due_is_taken_in_order() {
    let clock = ManualClock::new();
    let queue = MemoryQueue::new(clock.clone(), "message");
    for (body, delay) in [("late", 900), ("second", 2), ("first", 1)] {
        queue.send(body, "", Duration::from_secs(delay));
    }
    clock.advance(Duration::from_secs(2));
    let bodies: Vec<String> = queue.take_due().into_iter().map(|each| each.body).collect();
    assert_eq!(bodies, ["first", "second"]);
    assert_eq!(queue.messages().len(), 1);
}
