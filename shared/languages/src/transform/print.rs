//! Prints values: text as it is, other values as JSON.

use super::{
    meter::{Failure, ITEM, MAX_OUTPUT_BYTES, Meter, work},
    value::Value,
};

/// The body so far, up to the maximum size.
#[derive(Debug, Default)]
pub(super) struct Body(String);

impl Body {
    pub(super) fn into_text(self) -> String {
        self.0
    }

    pub(super) fn push(&mut self, text: &str, meter: &mut Meter) -> Result<(), Failure> {
        if self.0.len() + text.len() > MAX_OUTPUT_BYTES {
            return Err(Failure::too_long());
        }
        meter.charge(text.len())?;
        work::done(text.len());
        self.0.push_str(text);
        Ok(())
    }

    pub(super) fn print(&mut self, value: &Value, meter: &mut Meter) -> Result<(), Failure> {
        match value {
            Value::Missing(None) => Ok(()),
            Value::Text(text) => self.push(text.read(meter)?, meter),
            value => self.json(value, meter),
        }
    }

    pub(super) fn json(&mut self, value: &Value, meter: &mut Meter) -> Result<(), Failure> {
        meter.charge(ITEM)?;
        work::done(1);
        match value.present()? {
            Value::Missing(_) | Value::Null => self.push("null", meter),
            Value::Bool(true) => self.push("true", meter),
            Value::Bool(false) => self.push("false", meter),
            Value::Number(number) => self.push(&number.to_string(), meter),
            Value::Text(text) => self.json_text(text.read(meter)?, meter),
            Value::List(list) => {
                self.push("[", meter)?;
                for index in 0..list.len() {
                    let Some(item) = list.get(index) else { break };
                    self.push(if index > 0 { "," } else { "" }, meter)?;
                    self.json(item, meter)?;
                }
                self.push("]", meter)
            }
            Value::Object(object) => {
                self.push("{", meter)?;
                for (index, (name, value)) in object.read(meter)?.iter().enumerate() {
                    self.push(if index > 0 { "," } else { "" }, meter)?;
                    self.json_text(name, meter)?;
                    self.push(":", meter)?;
                    self.json(value, meter)?;
                }
                self.push("}", meter)
            }
        }
    }

    fn json_text(&mut self, text: &str, meter: &mut Meter) -> Result<(), Failure> {
        // A character can become six bytes: `\u0001`.
        meter.charge(text.len())?;
        work::done(text.len());
        if text.len() > MAX_OUTPUT_BYTES {
            return Err(Failure::too_long());
        }
        let quoted = serde_json::to_string(text);
        self.push(&quoted.map_err(|error| Failure::new(error.to_string()))?, meter)
    }
}

impl Value {
    /// A number, a boolean or text as text.
    pub(super) fn scalar_text(&self, meter: &mut Meter) -> Result<String, Failure> {
        match self.present()? {
            Self::Text(text) => {
                let text = text.read(meter)?;
                meter.charge(text.len())?;
                work::done(text.len());
                Ok(text.to_owned())
            }
            Self::Number(_) | Self::Bool(_) => self.json_text(meter),
            other => Err(Failure::new(format!("{} has no text; use `tojson`", other.kind()))),
        }
    }

    /// The value as JSON, up to the maximum size of a body.
    pub(super) fn json_text(&self, meter: &mut Meter) -> Result<String, Failure> {
        let mut body = Body::default();
        body.json(self, meter)?;
        Ok(body.into_text())
    }
}
