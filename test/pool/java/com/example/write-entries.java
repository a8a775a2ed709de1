// Writes test/pool/java/entries.txt, a line an entry: its name, a tab, its bytes in base64. They are what a RedisTemplate
// with the JDK serializer (Spring's default) stores: JdkSerializationRedisSerializer is ObjectOutputStream.writeObject.
// The tests read the file and need no Java. Made with OpenJDK 17, the same with 25:
//   java test/pool/java/com/example/write-entries.java > test/pool/java/entries.txt
package com.example;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.sql.Timestamp;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

class WriteEntries {
    static final long MS = 1568000000000L;
    static final int SEC = 1568000000;

    public static void main(String[] args) throws IOException {
        writeObjects();
        writeOtherFields();
        writeTextsAndMaps();
        writeUnreadable();
    }

    static void writeObjects() throws IOException {
        write("a boxed long", new FormTemplateVO("a1b2c3", MS));
        write("a boxed long of seconds", new FormTemplateVO("a1b2c3", (long) SEC));
        write("a primitive long", new PrimitiveCode("a1b2c3", MS));
        write("an int of seconds", new IntCode("a1b2c3", SEC));
        write("a boxed int of seconds", new IntegerCode("a1b2c3", SEC));
        write("a Date", new DateCode("a1b2c3", new Date(MS)));
        write("a Timestamp", new DateCode("a1b2c3", new Timestamp(MS)));
        write("digits", new TextCode("a1b2c3", "" + MS));
        write("a record", new RecordCode("a1b2c3", MS));
        write("a formId that is a long", new LongIdCode(1568123456789L, MS));
        write("garbage for a formId", new FormTemplateVO("the formId is a mock one", MS));
    }

    static void writeOtherFields() throws IOException {
        write("fields of a superclass", new DerivedCode("a1b2c3", MS));
        RichCode rich = new RichCode();
        rich.formId = "a1b2c3";
        rich.copy = rich.formId;
        rich.expire = MS;
        rich.created = LocalDateTime.of(2019, 9, 9, 3, 33, 20);
        rich.channel = Channel.FORM;
        rich.tags = new ArrayList<>(List.of("x", "y"));
        rich.source = new FormTemplateVO("inner", MS);
        rich.self = rich;
        write("fields of many kinds", rich);
        write("uses that are null", new CodeWithUses("a1b2c3", MS, null));
    }

    static void writeTextsAndMaps() throws IOException {
        write("JSON in a String", "{\"formId\":\"a1b2c3\",\"expire\":" + MS + "}");
        write("typed JSON in a String", "[\"c.F\",{\"formId\":\"a1b2c3\",\"expire\":[\"java.lang.Long\"," + MS + "]}]");
        Map<String, Object> map = new HashMap<>();
        map.put("formId", "a1b2c3");
        map.put("expire", MS);
        write("a HashMap", (Serializable) map);
        write("a LinkedHashMap", new LinkedHashMap<>(map));
    }

    static void writeUnreadable() throws IOException {
        write("a formId in a String", "a1b2c3");
        write("words in a String", "the formId is a mock one");
        write("a list of codes", new ArrayList<>(List.of(new FormTemplateVO("a", MS), new FormTemplateVO("b", MS + 1))));
        write("a list of formIds", new ArrayList<>(List.of("a", "b")));
        write("a list of codes in a String", "[{\"formId\":\"a\",\"expire\":" + MS + "}]");
        write("a fixed list of codes", (Serializable) Arrays.asList(new FormTemplateVO("a", MS)));
        write("a null formId", new FormTemplateVO(null, MS));
        write("a null expiry", new FormTemplateVO("a1b2c3", null));
        write("uses", new CodeWithUses("a1b2c3", MS, 3));
        write("uses in JSON in a String", "{\"formId\":\"a1b2c3\",\"expire\":" + MS + ",\"uses\":3}");
        write("a local date", new LocalDateCode("a1b2c3", LocalDateTime.of(2019, 9, 9, 3, 33, 20)));
        write("a double", new DoubleCode("a1b2c3", MS));
        write("an array among the fields", new ArrayCode("a1b2c3", MS));
        write("an own writeObject", new OwnWriting("a1b2c3", MS));
        write("a Long", MS);
        write("null", null);
        // The default RedisTemplate serializes keys the same way.
        write("a key", "mina:openid:oAlice");
    }

    static void write(String name, Serializable value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        System.out.println(name + "\t" + Base64.getEncoder().encodeToString(bytes.toByteArray()));
    }
}

class FormTemplateVO implements Serializable {
    private static final long serialVersionUID = 1L;
    String formId;
    Long expire;

    FormTemplateVO(String formId, Long expire) {
        this.formId = formId;
        this.expire = expire;
    }
}

class PrimitiveCode implements Serializable {
    String formId;
    long expire;

    PrimitiveCode(String formId, long expire) {
        this.formId = formId;
        this.expire = expire;
    }
}

class IntCode implements Serializable {
    String form_id;
    int expire_time;

    IntCode(String formId, int expire) {
        this.form_id = formId;
        this.expire_time = expire;
    }
}

class IntegerCode implements Serializable {
    String formId;
    Integer expireTime;

    IntegerCode(String formId, Integer expire) {
        this.formId = formId;
        this.expireTime = expire;
    }
}

class DateCode implements Serializable {
    String formId;
    Date expire;

    DateCode(String formId, Date expire) {
        this.formId = formId;
        this.expire = expire;
    }
}

class TextCode implements Serializable {
    String fromId;
    String expire;

    TextCode(String formId, String expire) {
        this.fromId = formId;
        this.expire = expire;
    }
}

record RecordCode(String formId, long expire) implements Serializable {}

class LongIdCode implements Serializable {
    Long formId;
    Long expire;

    LongIdCode(Long formId, Long expire) {
        this.formId = formId;
        this.expire = expire;
    }
}

class BaseCode implements Serializable {
    private static final long serialVersionUID = -7L;
    Long id = 42L;
    Date created = new Date(MS_BEFORE);
    Long expire;
    static final long MS_BEFORE = 1567000000000L;
}

class DerivedCode extends BaseCode {
    String formId;

    DerivedCode(String formId, Long expire) {
        this.formId = formId;
        this.expire = expire;
    }
}

enum Channel { FORM, PAYMENT }

class RichCode implements Serializable {
    boolean used;
    byte kind = 1;
    short version = -2;
    char letter = 'x';
    float weight = 0.5f;
    double price = 9.99;
    int count = -1;
    Boolean flag = true;
    String formId;
    String copy;
    Long expire;
    LocalDateTime created;
    Channel channel;
    List<String> tags;
    FormTemplateVO source;
    RichCode self;
}

class CodeWithUses extends FormTemplateVO {
    Integer uses;

    CodeWithUses(String formId, Long expire, Integer uses) {
        super(formId, expire);
        this.uses = uses;
    }
}

class LocalDateCode implements Serializable {
    String formId;
    LocalDateTime expire;

    LocalDateCode(String formId, LocalDateTime expire) {
        this.formId = formId;
        this.expire = expire;
    }
}

class DoubleCode implements Serializable {
    String formId;
    double expire;

    DoubleCode(String formId, double expire) {
        this.formId = formId;
        this.expire = expire;
    }
}

class ArrayCode implements Serializable {
    String formId;
    long expire;
    byte[] bytes = {1, 2, 3};

    ArrayCode(String formId, long expire) {
        this.formId = formId;
        this.expire = expire;
    }
}

class OwnWriting implements Serializable {
    transient String formId;
    transient long expire;

    OwnWriting(String formId, long expire) {
        this.formId = formId;
        this.expire = expire;
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
        out.defaultWriteObject();
        out.writeUTF(formId);
        out.writeLong(expire);
    }
}
